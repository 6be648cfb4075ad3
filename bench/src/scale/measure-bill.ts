import { service } from '@arcadia/billing-ingest';
import { billingIngest, isRefusal, serviceActor } from '@arcadia/contracts';
import {
  awaitJob,
  createLog,
  ensureMonthPartitionsBetween,
  playedClock,
  sendRequest,
  startService,
  triggerJob,
} from '@arcadia/platform';
import { sql } from 'kysely';
import type { BenchStage } from '../bench.ts';
import { observeFleet } from '../fleet-on-stream.ts';
import { quartiles } from '../measure.ts';
import { positionOf, reached } from '../metering-pipeline.ts';
import { openServiceDatabase } from '../service-database.ts';
import { billedLines, serveBill } from './bill-server.ts';
import type { Bill } from './measured.ts';

const month = Temporal.PlainYearMonth.from('2026-04');
const now = Temporal.Instant.from('2026-05-02T03:00:00Z');
const reads = 3;

/** Reads the provider's bill of an account of some size, matches its lines with resources, and compares it with the metered usage. */
export async function measureBill(stage: BenchStage, resources: number, oneDiffersOf = 100): Promise<Bill> {
  const lines = billedLines({ resources, oneDiffersOf });
  const { url, admin } = await openServiceDatabase(stage, 'billing');
  const provider = await serveBill({ resources, oneDiffersOf });
  stage.defer(() => provider.stop());
  const running = await startService(service, {
    env: {
      ...{ DATABASE_URL: url, NATS_URL: stage.natsUrl },
      ...{ DIGITALOCEAN_API_URL: provider.url, DIGITALOCEAN_TOKEN: 'bench' },
    },
    log: createLog({ name: 'billing-ingest', level: 'error', destination: process.stderr }),
    ...{ clock: playedClock(now), scheduler: false },
  });
  stage.defer(() => running.stop());
  const { bus } = running;
  const { db } = running.context;
  const run = async (job: string, input: object) => {
    const options = { scheduledAt: now, input, cause: 'bench', timeoutMs: 1_800_000 };
    await triggerJob(bus, 'billing-ingest', job, options);
    await awaitJob(bus, 'billing-ingest', job, options);
  };

  stage.progress(`${resources} resources: observing for the bill`);
  await observeFleet(bus, { resources, month, revision: 1 });
  await reached(positionOf(admin, { schema: 'billing', consumer: 'resources' }), resources);
  await ensureMonthPartitionsBetween(db, { table: 'metered_lines', from: firstDay, to: firstDay });
  await usedSql.execute(db);
  await admin.query('VACUUM ANALYZE');

  stage.progress(`${resources} resources: reading and matching the bill`);
  const started = performance.now();
  await run('discover-invoices', {});
  for (;;) {
    const { rows } = await sql<{ difference: string; matched: number }>`
      SELECT difference_minor AS difference, matched FROM cloud_invoices WHERE status <> 'discovered'`.execute(db);
    if (rows[0] !== undefined) {
      if (rows[0].matched === lines && rows[0].difference === '0') break;
      throw new Error(
        `of ${lines} lines of the bill ${rows[0].matched} were matched, and ${rows[0].difference} cents differ`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const read = performance.now() - started;
  while (!(await running.quiet())) await new Promise((resolve) => setTimeout(resolve, 20));

  stage.progress(`${resources} resources: comparing the bill with the usage`);
  const times: number[] = [];
  for (let turn = 0; turn < reads; turn += 1) {
    const asked = performance.now();
    const input = { period: month.toString(), limit: 50 };
    const answer = await sendRequest(bus, billingIngest.getReconciliation, input, {
      ...{ actor: serviceActor('bench'), deadlineMs: 1_800_000 },
    });
    if (isRefusal(answer)) throw new Error(answer.detail);
    const found = answer.summary.reduce((sum, { count }) => sum + count, 0);
    // One more, because the provider has the bill as a CSV only.
    if (found !== lines - resources + 1) throw new Error(`the comparison found ${found} differences`);
    times.push(performance.now() - asked);
  }
  return {
    reconciling_us_per_line: (read * 1_000) / lines,
    differences_ms: quartiles(times).median,
    differences_longest_ms: Math.max(...times),
  };
}

const firstDay = Temporal.Instant.from('2026-04-01T00:00:00Z');

/** The usage of each resource for each day of the month, as the consumer would have written it. */
const usedSql = sql`
  INSERT INTO metered_lines (deployment_id, period_start, granularity, line_no, period, tenant_id, resource_id, kind, unit_seconds, divisor)
  SELECT deployment_id, day, 'daily', row_number() OVER (PARTITION BY deployment_id, day ORDER BY resource_id), '2026-04', tenant_id, resource_id,
    CASE kind WHEN 'volume' THEN 'volume_gb_month' ELSE 'droplet_hours' END, CASE kind WHEN 'volume' THEN 100 ELSE 1 END * 86400, 3600
  FROM resource_states, generate_series(timestamptz '2026-04-01Z', '2026-04-30Z', interval '1 day') AS day
  ORDER BY deployment_id, day`;
