import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { databaseUrl } from '@arcadia/platform';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CostLine } from '../src/domain/cost-lines/cost-line.ts';
import { copyLines } from '../src/store/cost-lines/copy-lines.ts';
import { newReading } from '../src/store/cost-lines/cost-lines.ts';
import { readEvidence, storeEvidence } from '../src/store/invoices/evidence.ts';
import { openStage, type Stage } from './stage.ts';

const invoiceUuid = '00000000-0000-4000-8000-000000000001';
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ world: { name: 'files', period: '2026-04', provider: {} } });
  await sql`
    INSERT INTO cloud_invoices (invoice_uuid, provider, period, currency, status, header_amount, discovered_at)
    VALUES (${invoiceUuid}, 'digitalocean', '2026-03', 'USD', 'discovered', 0, '2026-04-01')`.execute(
    stage.billing.context.db,
  );
});
afterAll(() => stage[Symbol.asyncDispose]());

async function copied(lines: CostLine[], hasProviderIds: boolean) {
  const { db, log, env, name } = stage.billing.context;
  const readingId = await newReading(db);
  const batches = (async function* () {
    yield lines.slice(0, 1);
    yield lines.slice(1);
  })();
  await copyLines({ url: databaseUrl(name, env), service: name, log }, { readingId, batches, hasProviderIds });
  const { rows } = await sql<CostLine>`
    SELECT line_no, product, kind, description, group_description, project_name, category, hours::text, start_at, end_at,
      amount::text, amount_minor::float8 AS amount_minor, is_tax, provider_ids
    FROM cloud_cost_lines WHERE reading_id = ${readingId} ORDER BY line_no`.execute(db);
  return rows;
}

test('billing-ingest: a line is stored as it was read, whatever its texts, amounts and instants (property)', async () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'Z', ' ', '\t', '\n', '\\', '"', '{', ',', 'é', '漢', '😀'),
    maxLength: 20,
  });
  const digits = (most: number) => fc.stringMatching(new RegExp(`^(0|[1-9][0-9]{0,${most}})$`));
  const decimal = fc
    .tuple(fc.boolean(), digits(17), fc.stringMatching(/^([0-9]{0,11}[1-9])?$/))
    .map(([isNegative, whole, fraction]) => {
      const magnitude = fraction === '' ? whole : `${whole}.${fraction}`;
      return isNegative && magnitude !== '0' ? `-${magnitude}` : magnitude;
    });
  const instant = fc
    .integer({ min: -2_000_000_000, max: 8_000_000_000 })
    .map((seconds) => Temporal.Instant.fromEpochMilliseconds(seconds * 1000 + 250).toString());
  const line = fc.record({
    product: text,
    kind: fc.constantFrom('droplet', 'tax'),
    description: text,
    group_description: text,
    project_name: text,
    category: fc.option(text),
    hours: fc.option(decimal),
    start_at: fc.option(instant),
    end_at: fc.option(instant),
    amount: decimal,
    amount_minor: fc.maxSafeInteger(),
    is_tax: fc.boolean(),
    provider_ids: fc.array(text, { maxLength: 3 }),
  });
  const lines = fc
    .array(line, { maxLength: 40 })
    .map((all) => all.map((each, index) => ({ ...each, line_no: index + 1 })));
  await fc.assert(
    fc.asyncProperty(lines, async (given) => {
      expect(await copied(given, true)).toEqual(given);
    }),
    { numRuns: 15 },
  );
  const plain = fc.sample(line, 3).map((each, index) => ({ ...each, line_no: index + 1, provider_ids: [] }));
  expect(await copied(plain, false)).toEqual(plain);
});

test('billing-ingest: a file is stored in chunks of which few or many go into one statement, and is read again as it was', async () => {
  const { db } = stage.billing.context;
  const similar = Buffer.from('Droplets,,web (s-1vcpu-1gb),744,$6.00\n'.repeat(50_000));
  for (const content of [similar, randomBytes(700_000), Buffer.alloc(0)]) {
    const evidence = await storeEvidence(db, {
      invoiceUuid,
      mediaType: 'text/csv',
      receivedAt: Temporal.Instant.from('2026-04-01T00:00:00Z'),
      body: Readable.from([content.subarray(0, 100_001), content.subarray(100_001)]),
    });
    let read = 0;
    for await (const chunk of evidence.chunks) {
      read += chunk.byteLength;
      if (read > 300_000) break; // the rest is stored all the same
    }
    const id = await evidence.finish(1);
    const stored: Buffer[] = [];
    for await (const chunk of readEvidence(db, id)) stored.push(chunk);
    expect(Buffer.concat(stored).equals(content)).toBe(true);
  }
});

test('billing-ingest: a file is read on while chunks that came before are stored', async () => {
  const { db } = stage.billing.context;
  // Of such text a chunk is half as large when it is compressed, so that every other one begins a statement.
  const content = Buffer.from(randomBytes(500_000).toString('hex'));
  const file = { invoiceUuid, mediaType: 'text/csv', receivedAt: Temporal.Instant.from('2026-04-02T00:00:00Z') };
  const evidence = await storeEvidence(db, { ...file, body: Readable.from([content]) });
  const chunks = evidence.chunks[Symbol.asyncIterator]();
  const pieces: Buffer[] = [];
  const take = async () => {
    const { value, done } = await chunks.next();
    if (done !== true) pieces.push(Buffer.from(value));
    return done === true;
  };
  await db.transaction().execute(async (holder) => {
    // A reader that waits for the lock ends the transaction, and the test with it.
    await sql`SET LOCAL idle_in_transaction_session_timeout = '5s'`.execute(holder);
    await sql`LOCK TABLE cloud_invoice_evidence_chunks IN SHARE MODE`.execute(holder);
    for (let chunk = 1; chunk <= 3; chunk += 1) expect(await take()).toBe(false);
  });
  while (!(await take()));
  const id = await evidence.finish(null);
  const stored: Buffer[] = [];
  for await (const piece of readEvidence(db, id)) stored.push(piece);
  expect(Buffer.concat(pieces).equals(content)).toBe(true);
  expect(Buffer.concat(stored).equals(content)).toBe(true);
});
