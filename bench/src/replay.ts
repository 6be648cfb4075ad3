import { metering as contracts, inventorySync, isRefusal, serviceActor } from '@arcadia/contracts';
import { service } from '@arcadia/metering';
import { createLog, playedClock, sendRequest, startService } from '@arcadia/platform';
import { openPull } from './bare/unnest-and-pull.ts';
import type { Bench } from './bench.ts';
import { meterDays, observeFleet } from './fleet-on-stream.ts';
import { positionOf, reached } from './metering-pipeline.ts';
import { openServiceDatabase } from './service-database.ts';

const { resourceObserved } = inventorySync;
const resources = Number(process.env['BENCH_RESOURCES'] ?? 5_000);
const months = 12;
const firstMonth = Temporal.PlainYearMonth.from('2025-05');
const size = 1_000;
const actor = serviceActor('bench');

export const replay: Bench = {
  name: 'replay',
  unit: 'µs per fact',
  summary: `replaying one month of the ${months} of ${resources} resources from the stream, against metering a month afresh`,
  gate: { kind: 'at-most', gate: 2, aim: 1.5 },
  pairs: 5,
  async prepare(stage) {
    const { url, admin } = await openServiceDatabase(stage, 'metering');
    const log = createLog({ name: 'metering', level: 'error', destination: process.stderr });
    const clock = playedClock(Temporal.Instant.from('2026-05-01T02:00:00Z'));
    const env = { DATABASE_URL: url, NATS_URL: stage.natsUrl };
    const running = await startService(service, { env, log, clock, scheduler: false });
    stage.defer(() => running.stop());
    const { bus } = running;
    stage.progress(`publishing and consuming ${resources * months} observations`);
    for (let month = 0; month < months; month += 1)
      await observeFleet(bus, { resources, month: firstMonth.add({ months: month }), revision: month + 1 });
    const handled = positionOf(admin, { schema: 'metering', consumer: 'inventory' });
    await reached(handled, resources * months);
    const quiet = async () => {
      while (!(await running.quiet())) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    let metered = 0;
    const meterMonth = async () => {
      const month = firstMonth.add({ months: metered });
      metered += 1;
      const started = performance.now();
      await meterDays(bus, month);
      const ms = performance.now() - started;
      await quiet();
      return { units: resources * month.daysInMonth, ms };
    };
    await meterMonth();
    await admin.query('VACUUM ANALYZE metering.observations, metering.states, metering.usage_records');
    const pull = await openPull(stage.natsUrl, 'INVENTORY', 'resource.observed.>');
    stage.defer(() => pull.close());
    const send = async <Contract extends typeof contracts.startReplay | typeof contracts.getReplay>(
      contract: Contract,
      input: object,
    ) => {
      const answer = await sendRequest(bus, contract, input as never, { actor });
      if (isRefusal(answer)) throw new Error(answer.detail);
      return answer;
    };
    const facts = resources * firstMonth.daysInMonth;
    return {
      async ours() {
        const started = performance.now();
        const { replay_id } = await send(contracts.startReplay, { period: firstMonth.toString(), apply: false });
        let found = await send(contracts.getReplay, { replay_id });
        while (found.status === 'running') {
          await new Promise((resolve) => setTimeout(resolve, 10));
          found = await send(contracts.getReplay, { replay_id });
        }
        const ms = performance.now() - started;
        if (found.status !== 'agrees' || found.lines !== facts)
          throw new Error(`the replay ${found.status} with ${found.lines} lines, expected ${facts}: ${found.detail}`);
        await quiet();
        return { units: facts, ms };
      },
      bare: meterMonth,
      async furtherGates() {
        const count = resources * months;
        const bareMs = await pull.read({ from: 1, count, size, run: 'replay' });
        const started = performance.now();
        let read = 0;
        for await (const { events } of running.context.replay([resourceObserved])) read += events.length;
        if (read !== count) throw new Error(`the replay read ${read} of ${count} messages`);
        const name = 'reading the stream, times a bare filtered pull';
        return [{ name, value: (performance.now() - started) / bareMs, atMost: 1 / 0.6 }];
      },
    };
  },
};
