import { fork } from 'node:child_process';
import { once } from 'node:events';
import { defineRequest } from '@arcadia/contracts';
import { answer, connectBus, createLog, defineService, sendRequest, startService } from '@arcadia/platform';
import { z } from 'zod';
import { askBare, openBareEcho } from './bare/echo.ts';
import type { Bench } from './bench.ts';
import { quartiles } from './measure.ts';

const echo = defineRequest({
  name: 'bench.echo',
  service: 'metering',
  summary: 'Gives back what it is given.',
  effect: 'read',
  roles: ['platform_admin'],
  input: z.object({ n: z.int() }),
  output: z.object({ n: z.int() }),
  refusals: [],
});

const echoing = defineService<unknown, null>({
  name: 'metering',
  schema: null,
  config: () => null,
  migrations: {},
  publishes: [],
  consumes: [],
  answers: [answer(echo, async ({ input }) => ({ n: input.n }))],
  jobs: [],
});

const actor = { subject: 'bench', tenant_id: null, roles: ['platform_admin' as const] };
const quiet = () => createLog({ name: 'bench', level: 'error', destination: process.stderr });
const atOnce = 64;
const sliceMs = 2_000;

export const request: Bench = {
  name: 'request',
  unit: 'requests/s',
  summary: 'typed request/reply with actor, deadline and validation, 64 at once, against bare request/reply',
  gate: { kind: 'at-least', gate: 0.6, aim: 0.8 },
  pairs: 7,
  async prepare(stage) {
    const child = fork(import.meta.filename, [stage.natsUrl]);
    await once(child, 'message');
    stage.defer(async () => {
      child.disconnect();
      await once(child, 'exit');
    });
    const bus = await connectBus({ servers: [stage.natsUrl] }, { name: 'bench', log: quiet() });
    stage.defer(() => bus.close());
    const bare = await openBareEcho(stage.natsUrl);
    stage.defer(() => bare.close());
    const askOurs = async (n: number) => ((await sendRequest(bus, echo, { n }, { actor })) as { n: number }).n;
    const askTheirs = (n: number) => askBare(bare.nc, n);
    return {
      ours: () => forSomeTime(askOurs),
      bare: () => forSomeTime(askTheirs),
      async check() {
        for (const n of [1, 2, 3]) {
          if ((await askOurs(n)) !== n || (await askTheirs(n)) !== n) throw new Error('an echo that is none');
        }
      },
      notes: () => oneAtATime(askOurs, askTheirs),
    };
  },
};

async function forSomeTime(askOne: (n: number) => Promise<number>): Promise<{ units: number; ms: number }> {
  let asked = 0;
  const started = performance.now();
  const asker = async () => {
    while (performance.now() - started < sliceMs) {
      asked += 1;
      const n = asked;
      if ((await askOne(n)) !== n) throw new Error('an echo that is none');
    }
  };
  await Promise.all(Array.from({ length: atOnce }, asker));
  return { units: asked, ms: performance.now() - started };
}

/** The second promise: one at a time, the middle one takes at most twice as long as bare. */
async function oneAtATime(
  askOurs: (n: number) => Promise<number>,
  askTheirs: (n: number) => Promise<number>,
): Promise<Record<string, number>> {
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let turn = 0; turn < 2_000; turn += 1) {
    for (const [side, askOne] of [
      ['ours', askOurs],
      ['bare', askTheirs],
    ] as const) {
      const started = performance.now();
      await askOne(turn);
      times[side].push(performance.now() - started);
    }
  }
  const ours = quartiles(times.ours).median;
  const bare = quartiles(times.bare).median;
  return { one_at_a_time_p50_ms: ours, one_at_a_time_p50_bare_ms: bare, one_at_a_time_ratio: ours / bare };
}

if (process.argv[1] === import.meta.filename) {
  await startService(echoing, { env: { NATS_URL: process.argv[2] ?? '' }, log: quiet() });
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
}
