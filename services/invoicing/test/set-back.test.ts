import { invoicing } from '@arcadia/contracts';
import { askService, startTestService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { captures } from '../src/captures.ts';
import { service } from '../src/index.ts';
import { closeOf, fact, granted, openStage, operator } from './stage.ts';

type Db = Awaited<ReturnType<typeof openStage>>['running']['context']['db'];

/** The rows of every captured table and of the lines as text, in any order, but those of the runs: these are done again and find nothing to change. */
async function rowsOf(db: Db): Promise<Record<string, string[]>> {
  const captured = captures.map((each) => (typeof each === 'string' ? each : each.table));
  const tables = [...captured, 'number_series', 'tenant_invoice_lines']
    .filter((table) => table !== 'invoice_runs')
    .map(async (table) => {
      const { rows } = await sql<{
        row: string;
      }>`SELECT to_jsonb(t)::text AS row FROM ${sql.table(table)} t`.execute(db);
      return [table, rows.map(({ row }) => row).toSorted()] as const;
    });
  return Object.fromEntries(await Promise.all(tables));
}

test('after a set-back invoices have the numbers that customers hold, nothing is issued twice, and the month is proved', async () => {
  await using on = await openStage('2026-04-28T03:00:00Z');
  for (const name of ['a', 'b']) await on.deploy(name, name);
  await on.subscribe('a', 'studio');
  const backup = await on.database.snapshot();
  await expect.poll(async () => (await on.running.health()).facts['relay']?.ok).toBe(true);

  const items = [{ kind: 'bandwidth_gb', included_qty: '10', overage_price_cents: '3' }];
  granted(
    await on.ask(invoicing.createPlan, {
      plan_code: 'late',
      name: 'Late',
      base_price_cents: 700,
      items,
      publish: true,
    }),
  );
  await on.subscribe('b', 'late');
  const facts = [
    fact('a', 'a', '2026-04-10', [
      { kind: 'droplet_hours', qty: String(2_000 * 3_600), divisor: '3600', resource: '1' },
    ]),
    fact('b', 'b', '2026-04-11', [{ kind: 'bandwidth_gb', qty: '25' }]),
  ];
  await on.receive(...facts);
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await on.close(closeOf('2026-04', facts));
  const [a, b] = [await on.invoice('a'), await on.invoice('b')];
  granted(await on.ask(invoicing.payInvoice, { invoice_id: a.invoice_id, amount_cents: 1_000, reference: 'bank' }));
  granted(await on.ask(invoicing.creditInvoice, { invoice_id: b.invoice_id, reason: 'goodwill' }));
  await on.running.settled();
  const before = await rowsOf(on.running.context.db);
  const published = async ({ jsm }: typeof on.running.bus) => {
    const { state } = await jsm.streams.info('INVOICING', { subjects_filter: '>' });
    return Object.entries(state.subjects ?? {}).filter(([subject]) => !subject.startsWith('row.'));
  };
  const events = await published(on.running.bus);
  await on.running.stop();
  await backup.setBack();

  await using restored = await startTestService(service, { database: on.database, nats: on.nats, clock: on.clock });
  await restored.settled();
  expect(await rowsOf(restored.context.db)).toEqual(before);
  expect(await published(restored.bus)).toEqual(events);
  const ask = <Contract extends Parameters<typeof askService>[1]>(
    contract: Contract,
    input: Parameters<typeof askService<Contract>>[2],
  ) => askService(on.nats, contract, input, { actor: operator });
  for (const { invoice_id, number } of [a, b]) {
    expect(granted(await ask(invoicing.getInvoice, { invoice_id })).number).toBe(number);
  }
  const { proof_id } = granted(await ask(invoicing.startProof, { period: '2026-04' }));
  await restored.settled();
  expect(granted(await ask(invoicing.getProof, { proof_id }))).toMatchObject({
    status: 'proved',
    tenants: 2,
    differing: 0,
  });
}, 60_000);
