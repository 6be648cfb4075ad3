import { randomBytes } from 'node:crypto';
import { type EventData, type inventorySync, invoicing, metering } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

/** A secret that occurs nowhere else, so that finding it anywhere proves a leak. */
const planted = (kind: string): string => `planted-${kind}-${randomBytes(12).toString('hex')}`;
const providerToken = planted('provider');
const spacesSecret = planted('spaces');
const badBearer = planted('bearer');

let stack: WholeStack;
let nats: NatsConnection;
let database: pg.Client;

beforeAll(async () => {
  const world = { ...twoTenants, provider: { ...twoTenants.provider, token: providerToken } };
  stack = await startWholeStack(world, { env: { SPACES_SECRET: spacesSecret } });
  await stack.play();
  const { url, user, password } = stack.running.stack.nats;
  nats = await connect({ servers: url, user, pass: password });
  database = new pg.Client({ connectionString: stack.database.adminUrl });
  await database.connect();
}, 240_000);
afterAll(async () => {
  await database.end();
  await nats.close();
  await stack[Symbol.asyncDispose]();
});

type Message<Data> = { id: string; subject: string; data: Data };

/** The message of a stream at a sequence, read as with the nats tool. */
const messageAt = async <Data>(stream: string, seq: number): Promise<Message<Data>> => {
  const found = await (await jetstreamManager(nats)).streams.getMessage(stream, { seq });
  if (found === null) throw new Error(`${stream} has no message at ${seq}`);
  return { id: found.header.get('ce-id'), subject: found.subject, data: found.json() };
};

const rows = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await database.query<Record<string, unknown>>(text, values)).rows;

test('a played month is proved from its streams, and a replay of its observations gives the same facts', async () => {
  const { api } = stack.player;
  const { proof_id } = await api.request(invoicing.startProof, { period: '2026-04' });
  const proof = await eventually('the proof ends', async () => {
    const found = await api.request(invoicing.getProof, { proof_id });
    return found.status === 'running' ? null : found;
  });
  const differing = await api.list(invoicing.listInvoiceProofs, { proof_id, is_differing: true });
  expect([proof.status, proof.tenants, differing]).toEqual(['proved', 2, []]);
  const { replay_id } = await api.request(metering.startReplay, { period: '2026-04' });
  const replay = await eventually('the replay ends', async () => {
    const found = await api.request(metering.getReplay, { replay_id });
    return found.status === 'running' ? null : found;
  });
  expect(replay).toMatchObject({ status: 'agrees', differing: 0, pending: 0, unreadable: 0, detail: null });
  const [counted] = await rows('SELECT count(*)::int AS lines FROM metering.usage_records');
  expect(replay.lines).toBe(counted?.['lines']);
});

test('an invoice line can be traced through its facts and observations to the provider’s data', async () => {
  const acme = await stack.as('acme');
  const [{ invoice_id } = { invoice_id: '' }] = await acme.list(invoicing.listInvoices, {});
  const { lines } = await acme.request(invoicing.getInvoice, { invoice_id });
  const line_id = lines.find(({ resource_kind }) => resource_kind === 'snapshot_gb_month')?.line_id ?? '';
  const evidence = await acme.request(invoicing.getLineEvidence, { invoice_id, line_id, limit: 200 });
  expect(evidence.has_observations).toBe(true);
  expect(evidence.items).toHaveLength(30);

  // 70 GB all month, 50 included, the rest at 8 cents.
  const shares = evidence.items.flatMap(({ lines }) => lines).map((each) => [each.unit_seconds, each.divisor]);
  expect(shares).toEqual(Array.from({ length: 30 }, () => [String(70 * 86_400), String(30 * 86_400)]));
  expect(evidence.line).toMatchObject({ qty: '20', unit_price_cents: '8', amount_cents: 160 });

  const [fact] = evidence.items;
  const accrued = await messageAt<EventData<typeof metering.usageAccrued>>(fact?.stream ?? '', fact?.sequence ?? 0);
  expect(accrued.id).toBe(fact?.event_id);
  expect(accrued.subject).toBe(`usage.accrued.2026-04.acme.${fact?.deployment_id}`);
  expect(accrued.data).toMatchObject({ period_start: fact?.period_start, revision: fact?.revision });
  const counted = fact?.lines[0];
  expect(accrued.data.lines).toContainEqual(
    expect.objectContaining({
      kind: 'snapshot_gb_month',
      unit_seconds: counted?.unit_seconds,
      divisor: counted?.divisor,
    }),
  );

  const observation = metering.factObservation.parse(counted?.observations[0]);
  const seen = await messageAt<EventData<typeof inventorySync.resourceObserved>>(
    observation.stream,
    observation.sequence,
  );
  expect(seen.id).toBe(observation.event_id);
  expect(seen.data).toMatchObject({
    resource_id: counted?.resource_id,
    revision: observation.revision,
    kind: 'snapshot',
    name: 'acme-snap',
    owner: expect.objectContaining({ tenant_id: 'acme', deployment_id: fact?.deployment_id }),
  });
  const response = await fetch(`${stack.running.simulator.url}/v2/snapshots/${seen.data.provider_id}`, {
    headers: { authorization: `Bearer ${providerToken}` },
  });
  const { snapshot } = (await response.json()) as { snapshot: { name: string; size_gigabytes: number } };
  expect(snapshot).toMatchObject({ name: 'acme-snap', size_gigabytes: 70 });

  // The same trace with SQL, one schema at a time.
  const { resource_id } = seen.data;
  expect(await rows('SELECT name, kind FROM inventory.cloud_resources WHERE resource_id = $1', [resource_id])).toEqual([
    { name: 'acme-snap', kind: 'snapshot' },
  ]);
  expect(
    await rows('SELECT count(*)::int AS days FROM metering.usage_records WHERE resource_id = $1', [resource_id]),
  ).toEqual([{ days: 30 }]);
  for (const [schema, id] of [
    ['inventory', seen.id],
    ['metering', accrued.id],
  ])
    expect(await rows(`SELECT count(*)::int AS rows FROM ${schema}.events WHERE id = $1`, [id])).toEqual([{ rows: 1 }]);
  expect(
    await rows('SELECT amount_cents::int AS cents FROM invoicing.tenant_invoice_lines WHERE line_id = $1', [line_id]),
  ).toEqual([{ cents: 160 }]);
});

test('the database role of a service cannot read or write the schema of another service', async () => {
  const { databaseUrls } = stack.running.stack;
  const schemas = ['inventory', 'metering', 'invoicing', 'billing', 'provisioning', 'drift'];
  for (const [service, connectionString] of databaseUrls) {
    const own = new pg.Client({ connectionString });
    await own.connect();
    try {
      const mine = service.split('-')[0] ?? '';
      await own.query(`SELECT 1 FROM ${mine}.events LIMIT 1`);
      for (const schema of schemas.filter((each) => each !== mine))
        await expect(own.query(`SELECT 1 FROM ${schema}.events LIMIT 1`)).rejects.toThrow(/permission denied/);
    } finally {
      await own.end();
    }
  }
});

test('no secret appears in any log line, table, message or answer', async () => {
  // Provoke errors that are logged: lost connections, a poison message and an invalid token.
  await database.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [stack.database.name],
  );
  nats.publish('usage.accrued.2026-04.acme.poison', '{"not":"usage"}');
  const refused = await fetch(new URL('/api/v1/usage', stack.running.gateway), {
    headers: { authorization: `Bearer ${badBearer}`, 'x-api-key': badBearer },
  });
  expect(await refused.text()).not.toContain(badBearer);
  await eventually('the services answer again', async () => {
    const acme = await stack.as('acme');
    return (await acme.list(metering.listUsage, { from: '2026-04-01', to: '2026-05-01' })).length > 0;
  });
  const jsm = await jetstreamManager(nats);
  await eventually('the poison message is parked', async () => (await jsm.streams.info('DEAD')).state.messages > 0, {
    timeoutMs: 60_000,
  });

  const { secrets } = stack.home.state;
  const passwords = [...stack.running.stack.databaseUrls.values()].map((url) => `:${new URL(url).password}@`);
  const bearers = Object.values(stack.tokens.tenants).concat(stack.tokens.operator);
  const hidden = [
    ...[providerToken, spacesSecret, badBearer, secrets.jwt, secrets.finance, secrets.operator],
    ...[...Object.values(secrets.services), ...Object.values(secrets.signing), ...passwords, ...bearers],
  ];
  const found: string[] = [];
  const search = (where: string, text: string): void => {
    for (const secret of hidden) if (text.includes(secret)) found.push(`${where}: ${secret.slice(0, 20)}…`);
  };

  search('log', stack.log());
  expect(stack.log().length).toBeGreaterThan(1_000);
  let messages = 0;
  for await (const { config, state } of jsm.streams.list())
    for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
      const message = await jsm.streams.getMessage(config.name, { seq });
      if (message === null) continue;
      messages += 1;
      search(`${config.name} ${seq}`, `${message.string()}${JSON.stringify([...message.header])}`);
    }
  expect(messages).toBeGreaterThan(100);
  const tables = await rows(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  expect(tables.length).toBeGreaterThan(50);
  for (const { name } of tables)
    for (const { text } of await rows(`SELECT t::text AS text FROM ${String(name)} AS t`))
      search(String(name), String(text));
  expect(found).toEqual([]);
});
