import { isRefusal, metering, serviceActor } from '@arcadia/contracts';
import { service } from '@arcadia/metering';
import { awaitJob, createLog, playedClock, sendRequest, startService, triggerJob } from '@arcadia/platform';
import { openInsertSelect } from './bare/insert-select.ts';
import type { Bench } from './bench.ts';
import { aprilDays, writeFleet } from './fleet.ts';
import { openServiceDatabase } from './service-database.ts';

const resources = Number(process.env['BENCH_RESOURCES'] ?? 20_000);
const requests = 40;

export const meteringSummary: Bench = {
  name: 'metering-summary',
  unit: 'µs per answer',
  summary: "one tenant's month by deployment and kind, over request/reply, against the SUM of a covering index",
  gate: { kind: 'at-most', gate: 1.6, aim: 1.4 },
  pairs: 7,
  async prepare(stage) {
    const { url, admin } = await openServiceDatabase(stage, 'metering');
    const log = createLog({ name: 'metering', level: 'error', destination: process.stderr });
    const clock = playedClock(Temporal.Instant.from('2026-05-01T02:00:00Z'));
    const running = await startService(service, {
      env: { DATABASE_URL: url, NATS_URL: stage.natsUrl },
      log,
      clock,
      scheduler: false,
    });
    stage.defer(() => running.stop());
    const bare = await openInsertSelect(url);
    stage.defer(() => bare.close());
    stage.progress(`metering 30 days of ${resources} resources`);
    await writeFleet(admin, resources);
    const ticks = aprilDays(30);
    const runs = ticks.map((day) => ({
      scheduledAt: Temporal.Instant.from(day).add({ hours: 25, minutes: 10 }),
      input: { day: day.slice(0, 10) },
      timeoutMs: 600_000,
    }));
    for (const each of runs) await triggerJob(running.bus, 'metering', 'meter-day', each);
    for (const each of runs) await awaitJob(running.bus, 'metering', 'meter-day', each);
    await bare.load('metering.states');
    await bare.meter(ticks, 30 * 86_400);
    await bare.vacuum();
    await admin.query('VACUUM ANALYZE metering.usage_records');
    // The relay is still publishing the metered facts, which must not slow down the timed requests.
    while (!(await running.quiet())) await new Promise((resolve) => setTimeout(resolve, 100));
    const tenants = Math.max(1, Math.floor(resources / 500));
    let next = 0;
    const tenant = () => `tenant-${next++ % tenants}`;
    const ours = async (tenant_id: string) => {
      const input = { tenant_id, from: '2026-04-01', to: '2026-05-01', limit: 200 };
      const answer = await sendRequest(running.bus, metering.listUsage, input, { actor: serviceActor('bench') });
      if (isRefusal(answer)) throw new Error(answer.detail);
      return answer.items.length;
    };
    return {
      async ours() {
        const started = performance.now();
        for (let turn = 0; turn < requests; turn += 1) await ours(tenant());
        return { units: requests, ms: performance.now() - started };
      },
      async bare() {
        const started = performance.now();
        for (let turn = 0; turn < requests; turn += 1) await bare.sum(tenant());
        return { units: requests, ms: performance.now() - started };
      },
      async check() {
        const [items, groups] = [await ours('tenant-0'), await bare.sum('tenant-0')];
        if (items !== groups) throw new Error(`our side has ${items} sums and the bare side ${groups}`);
      },
    };
  },
};
