import { setTimeout as delay } from 'node:timers/promises';
import { billingIngest, nameUuid } from '@arcadia/contracts';
import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { startFinanceStandIn } from '@arcadia/finance-stand-in';
import { connectBus, createLog, triggerJob } from '@arcadia/platform';
import { eventually, publishedEvents, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { secret } from '../test/stage.ts';
import { forkReplica } from './replica.ts';

/** The failpoints at which one replica after the other is killed: at the nth time that it is reached. */
const deaths = [
  { point: 'billing.page-noted', nth: 1, while: 'the history of ten years is discovered' },
  { point: 'billing.before-commit', nth: 3, while: 'an invoice is ingested' },
  { point: 'job.ran', nth: 9, while: 'committed events wait to be published' },
  { point: 'relay.after-publish', nth: 12, while: 'published events wait to be deleted from the outbox' },
  { point: 'billing.finance-told', nth: 4, while: 'finance has taken a cost that is not recorded yet' },
  { point: 'billing.read', nth: 5, while: 'an invoice is received but not committed' },
];

const invoices = Array.from({ length: 137 }, (_, index) => ({
  uuid: nameUuid('invoice', String(index)),
  period: Temporal.PlainYearMonth.from('2026-03').subtract({ months: index }).toString(),
  items: [
    {
      product: 'Droplets',
      description: `old-${index} (s-1vcpu-1gb)`,
      amount: `6.${String(index % 100).padStart(2, '0')}`,
    },
    { product: 'Taxes', description: 'GST (10%)', amount: '0.60' },
  ],
}));
const world = parseWorld(
  JSON.stringify({
    period: '2026-04',
    provider: { rate_limit: { per_minute: 1_000_000, per_hour: 1_000_000 }, invoices },
  }),
  'killed.json',
);

test('billing-ingest: wherever replicas are killed, every invoice is ingested, published and in finance once, and the totals agree', async () => {
  await using simulator = await startSimulator({ world, clock: () => Temporal.Instant.from('2026-05-01T02:23:00Z') });
  await using database = await throwawayDatabase({ service: 'billing-ingest' });
  await using nats = await throwawayNats();
  const finance = await startFinanceStandIn({ secret });
  const bus = await connectBus(
    { servers: [nats.url] },
    { name: 'test', log: createLog({ name: 'test', level: 'silent' }) },
  );
  const sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  const env = {
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    DIGITALOCEAN_TOKEN: 'dop_v1_test',
    DIGITALOCEAN_API_URL: simulator.url,
    FINANCE_URL: finance.url,
    FINANCE_SECRET: secret,
  };
  const start = (death: (typeof deaths)[number] | undefined) => {
    let hits = 0;
    return forkReplica(env, {
      decide: (point) => {
        if (point === death?.point) hits += 1;
        return point === death?.point && hits === death.nth ? 'kill' : 'on';
      },
    });
  };
  let replica = await start(deaths[0]);
  try {
    await triggerJob(bus, 'billing-ingest', 'discover-invoices', {
      scheduledAt: Temporal.Instant.from('2026-05-01T02:23:00Z'),
      cause: 'once',
    });
    for (const [index, death] of deaths.entries()) {
      const isDead = await Promise.race([replica.ended.then(() => true), delay(90_000, false)]);
      if (!isDead) throw new Error(`no replica reached ${death.point} (${death.while})`);
      replica = await start(deaths[index + 1]);
    }
    const counted = async (text: string) => Number((await sql.query(text)).rows[0]?.count);
    await eventually(
      'every invoice is in finance',
      async () =>
        (await counted('SELECT count(*) FROM billing.cloud_invoices WHERE pushed_to_finance_at IS NOT NULL')) ===
        invoices.length,
      { timeoutMs: 240_000, everyMs: 500 },
    );
    await eventually(
      'everything is published',
      async () => (await counted('SELECT count(*) FROM billing.outbox')) === 0,
      {
        timeoutMs: 60_000,
      },
    );
    const { rows } = await sql.query(`
      SELECT count(*) FILTER (WHERE status = 'reconciled' AND revision = 1 AND lines = 2)::int AS whole, sum(amount_gross_minor)::int AS gross,
        (SELECT sum(a.amount_minor)::int FROM billing.cloud_cost_allocations a JOIN billing.cloud_invoices USING (reading_id)) AS allocated,
        (SELECT count(*)::int FROM billing.cloud_cost_lines l JOIN billing.cloud_invoices USING (reading_id)) AS lines
      FROM billing.cloud_invoices`);
    const gross = invoices.reduce((sum, _, index) => sum + 660 + (index % 100), 0);
    expect(rows).toEqual([{ whole: invoices.length, gross, allocated: gross, lines: 2 * invoices.length }]);
    const events = await publishedEvents(database, billingIngest.invoiceIngested);
    expect(events.map(({ data }) => data.invoice_uuid).toSorted()).toEqual(invoices.map(({ uuid }) => uuid).toSorted());
    expect((await bus.jsm.streams.info('BILLING')).state.messages).toBe(invoices.length);
    const costs = finance.imported();
    expect(costs.map(({ external_id }) => external_id).toSorted()).toEqual(invoices.map(({ uuid }) => uuid).toSorted());
    expect(costs.reduce((sum, { body }) => sum + Number(body['amount_gross_minor']), 0)).toBe(gross);
    expect(await counted("SELECT count(*) FROM billing.events WHERE stream = 'DEAD'")).toBe(0);
  } finally {
    await sql.end();
    await bus.close();
    await replica.stop();
    await finance.stop();
  }
}, 600_000);
