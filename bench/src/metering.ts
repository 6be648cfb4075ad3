import { service } from '@arcadia/metering';
import { awaitJob, createLog, playedClock, startService, triggerJob } from '@arcadia/platform';
import { openInsertSelect } from './bare/insert-select.ts';
import type { Bench, BenchStage } from './bench.ts';
import { aprilDays, writeFleet } from './fleet.ts';
import { type connectAsAdmin, openServiceDatabase } from './service-database.ts';

export const resources = Number(process.env['BENCH_RESOURCES'] ?? 100_000);
export const days = Number(process.env['BENCH_DAYS'] ?? 30);
export const monthSeconds = 30 * 86_400;

export const metering: Bench = {
  name: 'metering',
  unit: 'µs per fact',
  summary: `${days} days of ${resources} resources, one job a day, until facts and outbox are committed, against ordered INSERT … SELECT`,
  gate: { kind: 'at-most', gate: 1.25, aim: 1.15 },
  pairs: 5,
  async prepare(stage) {
    const { url, admin, ticks, meterMonth, reset } = await openMonth(stage);
    const bare = await openInsertSelect(url);
    stage.defer(() => bare.close());
    await meterMonth(); // derives the states that the bare side copies
    await bare.load('metering.states');
    const again: number[] = [];
    return {
      async ours() {
        await reset();
        await admin.query('CHECKPOINT');
        const ms = await meterMonth();
        const before = await written(admin);
        const againMs = await meterMonth();
        if ((await written(admin)) !== before) throw new Error('metering the same month again wrote rows');
        again.push(againMs / ms);
        return { units: resources * days, ms };
      },
      async bare() {
        await bare.empty();
        await admin.query('CHECKPOINT');
        const started = performance.now();
        await bare.meter(ticks, monthSeconds);
        return { units: resources * days, ms: performance.now() - started };
      },
      async check() {
        const ours = await admin.query<{ facts: number; sum: string }>(
          'SELECT count(*)::int AS facts, trim_scale(sum(unit_seconds))::text AS sum FROM metering.usage_records',
        );
        const theirs = await admin.query<{ facts: number; sum: string }>(
          'SELECT count(*)::int AS facts, trim_scale(sum(unit_seconds))::text AS sum FROM metering.bare_facts',
        );
        if (JSON.stringify(ours.rows) !== JSON.stringify(theirs.rows)) {
          throw new Error(`the facts differ: ${JSON.stringify(ours.rows)} and ${JSON.stringify(theirs.rows)}`);
        }
      },
      async notes() {
        const sorted = again.toSorted((a, b) => a - b);
        const waiting = await admin.query<{ count: number }>('SELECT count(*)::int AS count FROM metering.outbox');
        return {
          'metering it again, as a share of the first time (at most 0.8, 0 rows written)':
            sorted[Math.floor(sorted.length / 2)] ?? 0,
          'messages for the relay': waiting.rows[0]?.count ?? 0,
        };
      },
    };
  },
};

/** Starts metering over an unchanging fleet; its month is metered on demand, and the relay does not run. */
export async function openMonth(stage: BenchStage) {
  const { url, admin } = await openServiceDatabase(stage, 'metering');
  // The relay has a benchmark of its own; holding its lock keeps it from running here.
  const noRelay = async () => admin.query(`SELECT pg_advisory_lock(hashtextextended('relay:metering', 0))`);
  await noRelay();
  const clock = playedClock(Temporal.Instant.from('2026-05-01T02:00:00Z'));
  const log = createLog({ name: 'metering', level: 'error', destination: process.stderr });
  const env = { DATABASE_URL: url, NATS_URL: stage.natsUrl };
  const running = await startService(service, { env, log, clock, scheduler: false });
  stage.defer(() => running.stop());
  stage.progress(`writing ${resources} observations`);
  await writeFleet(admin, resources);
  await admin.query('ANALYZE metering.observations');
  const ticks = aprilDays(days);
  let cause = 0;
  // As after an outage of a month: all days are triggered at once, and the service runs as many as its queue allows.
  const meterMonth = async () => {
    const started = performance.now();
    cause += 1;
    const runs = ticks.map((day) => {
      const scheduledAt = Temporal.Instant.from(day).add({ hours: 25, minutes: 10 });
      return { scheduledAt, input: { day: day.slice(0, 10) }, cause: `bench-${cause}-${day}`, timeoutMs: 600_000 };
    });
    for (const each of runs) await triggerJob(running.bus, 'metering', 'meter-day', each);
    for (const each of runs) await awaitJob(running.bus, 'metering', 'meter-day', each);
    return performance.now() - started;
  };
  const reset = () =>
    admin.query(
      'TRUNCATE metering.usage_records, metering.accruals, metering.metered_days, metering.events, metering.outbox',
    );
  return { url, admin, ticks, meterMonth, reset };
}

/** A text that changes with any change of the facts, their messages and the outbox. */
async function written(admin: Awaited<ReturnType<typeof connectAsAdmin>>): Promise<string> {
  const found = await admin.query<{ state: string }>(`
    SELECT (SELECT count(*) || ' ' || max(xmin::text::bigint) FROM metering.usage_records) || ' ' ||
      (SELECT count(*) || ' ' || max(xmin::text::bigint) FROM metering.accruals) || ' ' ||
      (SELECT count(*) FROM metering.events WHERE stream = 'METERING') AS state`);
  return found.rows[0]?.state ?? '';
}
