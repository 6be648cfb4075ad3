import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, startNats } from '@arcadia/local-infrastructure';
import { createLog, startService } from '@arcadia/platform';
import { installAt } from '@arcadia/testkit';
import type { Bench } from './bench.ts';
import { isWaiting, publisher, publishFrom } from './relay.ts';
import { openServiceDatabase } from './service-database.ts';

/** What five minutes leave in the outbox at 350 events a second. The outage itself lasts only until they are committed. */
const backlogged = Number(process.env['BENCH_BACKLOG'] ?? 105_000);
const count = Math.min(20_000, backlogged);

export const backlog: Bench = {
  name: 'backlog',
  unit: 'events/s',
  summary: `${backlogged} events committed while the nats-server is down, published once it is back, against the rate of the relay while it is up`,
  gate: { kind: 'at-least', gate: 0.8, aim: 1 },
  pairs: 3,
  async prepare(stage) {
    const { url, admin } = await openServiceDatabase(stage, 'metering');
    const storeDir = mkdtempSync(path.join(tmpdir(), 'arcadia-backlog-'));
    const server = { storeDir, port: await freePort() };
    let nats = await startNats(server);
    stage.defer(async () => {
      await nats.stop();
      rmSync(storeDir, { recursive: true, force: true });
    });
    await installAt(nats.url);
    const log = createLog({ name: 'metering', level: 'fatal', destination: process.stderr });
    const env = { DATABASE_URL: url, NATS_URL: nats.url };
    const service = await startService(publisher, { env, log, scheduler: false });
    stage.defer(() => service.stop());
    const numbers = async () => {
      const { rows } = await admin.query<{ first: string | null; last: string | null }>(
        'SELECT min(number) AS first, max(number) AS last FROM metering.outbox',
      );
      return { first: Number(rows[0]?.first ?? 0), last: Number(rows[0]?.last ?? 0) };
    };
    let published = 0;
    const backAfter: number[] = [];
    return {
      async ours() {
        await nats.stop();
        await publishFrom(service, { first: published, count: backlogged });
        published += backlogged;
        const { first, last } = await numbers();
        nats = await startNats(server);
        const back = performance.now();
        let begun = first;
        while (begun === first) {
          await new Promise((resolve) => setTimeout(resolve, 10));
          begun = (await numbers()).first;
        }
        const started = performance.now();
        backAfter.push(started - back);
        while (await isWaiting(service)) await new Promise((resolve) => setTimeout(resolve, 10));
        return { units: begun === 0 ? 1 : last - begun + 1, ms: performance.now() - started };
      },
      async bare() {
        await publishFrom(service, { first: published, count });
        published += count;
        const started = performance.now();
        while (await isWaiting(service)) await new Promise((resolve) => setTimeout(resolve, 10));
        return { units: count, ms: performance.now() - started };
      },
      async check() {
        const { state } = await service.bus.jsm.streams.info('METERING');
        if (state.messages !== published)
          throw new Error(`${published} events were committed, ${state.messages} are stored`);
      },
      notes: async () => ({ 'from the start of the server to the first event, ms, at most': Math.max(...backAfter) }),
    };
  },
};
