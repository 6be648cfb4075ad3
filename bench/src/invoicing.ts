import { invoicing as contracts, daysOf, metering, serviceActor } from '@arcadia/contracts';
import { service } from '@arcadia/invoicing';
import {
  createLog,
  encodeEvent,
  messageHeaders,
  playedClock,
  publishInOrder,
  sendRequest,
  startService,
  untilQuiet,
} from '@arcadia/platform';
import type pg from 'pg';
import { openLockedInvoices } from './bare/locked-invoices.ts';
import type { Bench } from './bench.ts';
import { measureDocuments } from './documents.ts';
import { measurePreviews } from './previews.ts';
import { openServiceDatabase } from './service-database.ts';

const tenants = Number(process.env['BENCH_TENANTS'] ?? 200);
const deployments = 25;
const days = daysOf('2026-04');
/** One base line and four overage lines for each deployment. */
const lines = tenants * deployments * 5;
const operator = serviceActor('bench');

const kinds: [kind: string, quantity: string][] = [
  ['dns_zones', '7'],
  ['bandwidth_gb', '11'],
  ['llm_input_tokens', '13.5'],
  ['llm_output_tokens', '17'],
];

export const invoicing: Bench = {
  name: 'invoicing',
  unit: 'µs per line',
  summary: `closing ${tenants} tenants with ${lines} lines, from period.closed until the last invoice is issued, against as many bare SQL transactions`,
  gate: { kind: 'at-most', gate: 2, aim: 1.6 },
  pairs: 5,
  async prepare(stage) {
    const { url, admin } = await openServiceDatabase(stage, 'invoicing');
    const clock = playedClock(Temporal.Instant.from('2026-05-01T03:00:00Z'));
    const log = createLog({ name: 'invoicing', level: 'error', destination: process.stderr });
    const env = { DATABASE_URL: url, NATS_URL: stage.natsUrl };
    const running = await startService(service, { env, log, clock, scheduler: false });
    stage.defer(() => running.stop());
    const adminUrl = new URL(stage.postgresUrl);
    adminUrl.pathname = '/bench';
    stage.progress(`writing ${tenants * deployments * days.length} facts, on both sides`);
    const bare = await openLockedInvoices(adminUrl.href, { tenants, deployments, days: days.length });
    stage.defer(() => bare.close());
    await sendRequest(running.bus, contracts.createPlan, plan, { actor: operator });
    const manifest = await writeMonth(admin);
    let revision = 0;
    let previews: Record<string, number> = {};
    const close = async () => {
      revision += 1;
      const data = { ...manifest, revision };
      const [event] = encodeEvent(metering.periodClosed, data, { occurredAt: clock.now(), headers: null });
      if (event === undefined) throw new Error('the event was not encoded');
      const { subject, payload } = event;
      await publishInOrder(running.bus, 'METERING', [{ subject, payload, headers: messageHeaders(event, 'metering') }]);
    };
    return {
      async ours() {
        // The relay and the jobs must have finished before the tables are emptied.
        await untilQuiet([running], { timeoutMs: 60_000 });
        // A log without the last message of its stream is the sign of a database that was set back, and ends the publication.
        await running.bus.jsm.streams.purge('INVOICING');
        await admin.query(`TRUNCATE invoicing.tenant_invoices, invoicing.tenant_invoice_lines, invoicing.invoice_facts, invoicing.billed_periods,
          invoicing.invoice_runs, invoicing.receivables, invoicing.events, invoicing.outbox, invoicing.job_runs CASCADE`);
        const started = performance.now();
        await close();
        await issued(admin);
        return { units: lines, ms: performance.now() - started };
      },
      bare: async () => ({ units: lines, ms: await bare.invoice() }),
      async check() {
        const { rows } =
          await admin.query(`SELECT (SELECT count(*) FROM invoicing.tenant_invoice_lines WHERE kind <> 'tax')::int AS lines,
          (SELECT sum(total_cents) FROM invoicing.tenant_invoices)::text AS total`);
        const theirs = await bare.totals();
        if (rows[0].lines !== theirs.lines || rows[0].total !== theirs.total) {
          throw new Error(`ours: ${JSON.stringify(rows[0])}, bare: ${JSON.stringify(theirs)}`);
        }
      },
      async furtherGates() {
        const documents = await measureDocuments(running.bus);
        previews = await measurePreviews({ bus: running.bus, admin, natsUrl: stage.natsUrl }, { tenants });
        const { preview_p99_ms: p99 = Number.NaN } = previews;
        return [...documents, { name: 'p99 of previews at 50/s, ms', value: p99, atMost: 250 }];
      },
      notes: async () => previews,
    };
  },
};

const plan = {
  plan_code: 'bench',
  name: 'Bench',
  base_price_cents: 5000,
  publish: true,
  items: kinds.map(([kind]) => ({ kind, included_qty: '10', overage_price_cents: '3' })),
};

/** Writes facts and subscriptions into invoicing's tables, as its consumers would have; returns their manifest. */
async function writeMonth(admin: pg.Client) {
  await admin.query(
    `INSERT INTO invoicing.deployments SELECT md5(t || ' ' || d)::uuid, 'tenant-' || t, 'd' || d, 'd' || d, 'active', 1
     FROM generate_series(1, $1::int) t, generate_series(1, $2::int) d`,
    [tenants, deployments],
  );
  await admin.query(`INSERT INTO invoicing.subscriptions (subscription_id, deployment_id, tenant_id, revision, currency, starts_at, created_at)
    SELECT deployment_id, deployment_id, tenant_id, 1, 'AUD', '2026-01-01Z', '2026-01-01Z' FROM invoicing.deployments`);
  await admin.query(
    `INSERT INTO invoicing.subscription_plans SELECT deployment_id, '2026-01-01Z', 'bench', 1 FROM invoicing.deployments`,
  );
  await admin.query(
    `CREATE TABLE IF NOT EXISTS invoicing.usage_facts_2026_04 PARTITION OF invoicing.usage_facts FOR VALUES FROM ('2026-04-01') TO ('2026-05-01')`,
  );
  const hash = metering.linesHash(
    kinds.map(([kind, quantity]) => ({ resource_id: null, kind, unit_seconds: quantity, divisor: '1' })),
  );
  await admin.query(
    `INSERT INTO invoicing.usage_facts (period, tenant_id, deployment_id, day, granularity, period_start, period_end, revision, close_revision, hash, kinds,
       divisors, unit_seconds, lines, event_id, stream, seq)
     SELECT '2026-04', d.tenant_id, d.deployment_id, day, 'daily', day, day + interval '1 day', 1, 1, $1, $2, '{1,1,1,1}', $3, $4, md5(d.deployment_id::text || day)::uuid,
       'METERING', 1
     FROM invoicing.deployments d, generate_series('2026-04-01Z'::timestamptz, '2026-04-30Z'::timestamptz, interval '1 day') day
     ORDER BY 2, 3, 4`,
    [
      hash,
      kinds.map(([kind]) => kind),
      kinds.map(([, quantity]) => quantity),
      JSON.stringify(
        kinds.map(([kind, quantity]) => ({
          resource_id: null,
          kind,
          unit_seconds: quantity,
          divisor: '1',
          observations: [],
        })),
      ),
    ],
  );
  await admin.query('VACUUM ANALYZE invoicing.usage_facts, invoicing.subscriptions, invoicing.subscription_plans');
  const { rows } = await admin.query<{ tenant_id: string; deployment_id: string }>(
    'SELECT tenant_id, deployment_id FROM invoicing.deployments',
  );
  const manifest = [...Map.groupBy(rows, ({ tenant_id }) => tenant_id)].map(([tenant_id, own]) => ({
    tenant_id,
    facts: own.length * days.length,
    sums: [],
    hash: metering.factsHash(
      own.flatMap(({ deployment_id }) =>
        days.map((day) => ({
          deployment_id,
          period_start: `${day}T00:00:00Z`,
          granularity: 'daily',
          revision: 1,
          hash,
        })),
      ),
    ),
    deployments: own.map(({ deployment_id }) => ({ deployment_id, revision: 1 })),
    subscriptions: [],
  }));
  const head = {
    period: '2026-04',
    closed_at: '2026-05-01T03:00:00Z',
    closed_by: 'bench',
    closed_over: [],
    is_forced: false,
  };
  return { ...head, tenants: manifest, hash: metering.manifestHash(manifest) };
}

/** Waits until every tenant has its invoice. */
async function issued(admin: pg.Client): Promise<void> {
  for (const deadline = performance.now() + 120_000; ; ) {
    const { rows } = await admin.query(
      `SELECT count(*)::int AS count FROM invoicing.tenant_invoices WHERE status = 'issued'`,
    );
    if (rows[0].count === tenants) return;
    if (performance.now() > deadline)
      throw new Error(`after two minutes ${rows[0].count} of ${tenants} invoices are issued`);
    // Counting slows down the run, so it is done seldom; the wait exceeds the run by less than a hundredth.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
