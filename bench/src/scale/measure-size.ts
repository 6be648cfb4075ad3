import { cpus } from 'node:os';
import { invoicing as billing, isRefusal, metering, type RequestContract, serviceActor } from '@arcadia/contracts';
import { service as invoicingService } from '@arcadia/invoicing';
import { ensureServiceRoles } from '@arcadia/local-infrastructure';
import { service as meteringService } from '@arcadia/metering';
import { connectBus, createLog, playedClock, type RunningService, sendRequest, startService } from '@arcadia/platform';
import type pg from 'pg';
import type { BenchStage } from '../bench.ts';
import { meterDays, observeFleet, placeOf } from '../fleet-on-stream.ts';
import { quartiles } from '../measure.ts';
import { positionOf, reached } from '../metering-pipeline.ts';
import { connectAsAdmin } from '../service-database.ts';
import type { Month } from './measured.ts';
import { watchMemory } from './watch-memory.ts';

const month = Temporal.PlainYearMonth.from('2026-04');
const actor = serviceActor('bench');
const reads = 60;

/** Takes an account of some size through one month, from its observations to its invoices and their replay, and measures each part. */
export async function measureSize(stage: BenchStage, resources: number): Promise<Omit<Month, 'used_by_others'>> {
  const schemas = ['metering', 'invoicing'];
  const roles = schemas.map((schema) => ({ role: schema, schema, password: 'bench' }));
  const urls = await ensureServiceRoles(stage.postgresUrl, roles, 'bench');
  const admin = await connectAsAdmin(stage.postgresUrl, 'bench');
  stage.defer(() => admin.end());
  const clock = playedClock(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  const optionsOf = (index: number) => ({
    env: { DATABASE_URL: urls[index] ?? '', NATS_URL: stage.natsUrl },
    log: createLog({ name: schemas[index] ?? '', level: 'error', destination: process.stderr }),
    ...{ clock, scheduler: false },
  });
  await (await startService(meteringService, optionsOf(0))).stop(); // creates its tables and its consumers
  stage.progress(`${resources} resources: observing`);
  const publisher = await connectBus({ servers: [stage.natsUrl] }, { name: 'bench', log: optionsOf(0).log });
  await observeFleet(publisher, { resources, month, revision: 1 });
  await publisher.close();
  const meter = await startService(meteringService, optionsOf(0));
  stage.defer(() => meter.stop());
  const { bus } = meter;
  const send = async <Contract extends RequestContract>(contract: Contract, input: object) => {
    const answer = await sendRequest(bus, contract, input as never, { actor, deadlineMs: 600_000 });
    if (isRefusal(answer)) throw new Error(`${contract.name}: ${answer.detail}`);
    return answer as never;
  };
  const handled = (at: { schema: string; consumer: string }) => positionOf(admin, at);
  const memory = watchMemory();
  stage.defer(async () => memory.stop());

  const first = await reached(handled({ schema: 'metering', consumer: 'inventory' }), 1);
  const last = await reached(handled({ schema: 'metering', consumer: 'inventory' }), resources);
  if (last.seq === first.seq)
    throw new Error('the observations were stored before the first look; measure more resources');
  await settled(meter);
  await admin.query('VACUUM ANALYZE metering.observations');

  stage.progress(`${resources} resources: metering ${month.daysInMonth} days`);
  const before = await sizesOf(admin);
  const idle = process.cpuUsage();
  const metered = await timed(() => meterDays(bus, month));
  const used = process.cpuUsage(idle);
  const published = metered + (await timed(() => settled(meter)));
  const after = await sizesOf(admin);
  const facts = await countOf(admin, 'metering.usage_records');
  const stream = await bus.jsm.streams.info('METERING');

  stage.progress(`${resources} resources: listing`);
  const tenants = Math.ceil(resources / 500);
  const listUsage = (index: number) =>
    send(metering.listUsage, {
      tenant_id: `tenant-${index % tenants}`,
      ...{ from: '2026-04-01', to: '2026-05-01', limit: 200 },
    });
  await admin.query('VACUUM ANALYZE');
  const usageMs = await medianOf(listUsage);

  stage.progress(`${resources} resources: invoicing`);
  const invoices = await startService(invoicingService, optionsOf(1));
  stage.defer(() => invoices.stop());
  const begun = await reached(handled({ schema: 'invoicing', consumer: 'metering' }), 1);
  const ended = await reached(handled({ schema: 'invoicing', consumer: 'metering' }), stream.state.last_seq);
  const consumed = ((ended.at - begun.at) * stream.state.last_seq) / Math.max(1, ended.seq - begun.seq);
  await send(billing.createPlan, plan);
  await subscribe(admin, resources);
  await settled(invoices);
  const closed = await timed(() => send(metering.closePeriod, { period: month.toString(), accept_missing: true }));
  const invoiced = await timed(async () => {
    while ((await countOf(admin, `invoicing.tenant_invoices WHERE status = 'issued'`)) < tenants)
      await new Promise((resolve) => setTimeout(resolve, 50));
  });
  const lines = await countOf(admin, 'invoicing.tenant_invoice_lines');
  await settled(meter);
  await settled(invoices);
  const invoicesMs = await medianOf(() => send(billing.listInvoices, { limit: 50 }));

  stage.progress(`${resources} resources: replaying`);
  const replayed = await timed(async () => {
    const { replay_id } = (await send(metering.startReplay, { period: month.toString(), apply: false })) as {
      replay_id: string;
    };
    for (;;) {
      const found = (await send(metering.getReplay, { replay_id })) as { status: string; lines: number };
      if (found.status !== 'running') {
        if (found.status !== 'agrees' || found.lines !== facts) throw new Error(`the replay ${found.status}`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  return {
    ...{ resources, facts, lines, cores: cpus().length, at: new Date().toISOString().slice(0, 10) },
    observing_us_per_resource: ((last.at - first.at) * 1_000) / (last.seq - first.seq),
    metering_us_per_fact: (metered * 1_000) / facts,
    metering_process_us_per_fact: (used.user + used.system) / facts,
    publishing_us_per_fact: (published * 1_000) / facts,
    consuming_us_per_fact: (consumed * 1_000) / facts,
    closing_us_per_fact: (closed * 1_000) / facts,
    invoicing_us_per_line: (invoiced * 1_000) / lines,
    replay_us_per_fact: (replayed * 1_000) / facts,
    ...{ usage_list_ms: usageMs, invoice_list_ms: invoicesMs },
    database_bytes_per_fact: (after.database - before.database) / facts,
    wal_bytes_per_fact: (after.wal - before.wal) / facts,
    stream_bytes_per_fact: stream.state.bytes / facts,
    memory_mb: memory.stop(),
  };
}

const plan = {
  ...{ plan_code: 'bench', name: 'Bench', base_price_cents: 5000, publish: true },
  items: ['droplet_hours', 'volume_gb_month'].map((kind) => ({ kind, included_qty: '10', overage_price_cents: '3' })),
};

/** Deployments and subscriptions in invoicing's tables, as its consumer and its requests would have written them. */
async function subscribe(admin: pg.Client, resources: number): Promise<void> {
  const places = Array.from({ length: Math.ceil(resources / 10) }, (_, index) => placeOf(index * 10));
  await admin.query(
    `INSERT INTO invoicing.deployments SELECT d, t, 'd' || n, 'd' || n, 'active', 1
     FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS places (d, t, n)`,
    [places.map(({ deployment }) => deployment), places.map(({ tenant }) => tenant)],
  );
  await admin.query(`INSERT INTO invoicing.subscriptions (subscription_id, deployment_id, tenant_id, revision, currency, starts_at, created_at)
    SELECT deployment_id, deployment_id, tenant_id, 1, 'AUD', '2026-01-01Z', '2026-01-01Z' FROM invoicing.deployments`);
  await admin.query(
    `INSERT INTO invoicing.subscription_plans SELECT deployment_id, '2026-01-01Z', 'bench', 1 FROM invoicing.deployments`,
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function settled(service: Pick<RunningService, 'quiet'>): Promise<void> {
  while (!(await service.quiet())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function medianOf(read: (index: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < reads; index += 1) times.push(await timed(() => read(index)));
  return quartiles(times).median;
}

async function countOf(admin: pg.Client, rows: string): Promise<number> {
  return (await admin.query(`SELECT count(*)::int AS count FROM ${rows}`)).rows[0].count;
}

async function sizesOf(admin: pg.Client): Promise<{ database: number; wal: number }> {
  const { rows } = await admin.query(
    `SELECT pg_database_size(current_database())::text AS database, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS wal`,
  );
  return { database: Number(rows[0].database), wal: Number(rows[0].wal) };
}
