import { fork } from 'node:child_process';
import { once } from 'node:events';
import { defineRequest } from '@arcadia/contracts';
import { connectBus, createLog, forService, requestSignerOf, sendRequest, startService } from '@arcadia/platform';
import { testActorVariables } from '@arcadia/testkit';
import { z } from 'zod';
import { openBareEcho, requestBare } from './bare/echo.ts';
import type { Bench, BenchStage } from './bench.ts';
import { quartiles } from './measure.ts';

const echo = defineRequest({
  name: 'bench.echo',
  service: 'metering',
  summary: 'Return the input.',
  effect: 'read',
  roles: ['platform_admin'],
  input: z.object({ n: z.int() }),
  output: z.object({ n: z.int() }),
  refusals: [],
});

const { answer, defineService } = forService<unknown, null>();

const echoing = defineService({
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
  summary:
    'typed request/reply with signed actor, deadline and validation on both sides, 64 at once, against bare request/reply',
  gate: { kind: 'at-least', gate: 0.65, aim: 0.8 },
  pairs: 7,
  async prepare(stage) {
    const requestOurs = await openOurEcho(stage);
    const bare = await openBareEcho(stage.natsUrl);
    stage.defer(() => bare.close());
    const requestTheirs = (n: number) => requestBare(bare.nc, n);
    return {
      ours: () => forSomeTime(requestOurs),
      bare: () => forSomeTime(requestTheirs),
      async check() {
        for (const n of [1, 2, 3]) {
          if ((await requestOurs(n)) !== n || (await requestTheirs(n)) !== n)
            throw new Error('the answer differs from the request');
        }
      },
      notes: () => oneAtATime(requestOurs, requestTheirs),
    };
  },
};

/** Starts a service that answers, in a process of its own, and returns how to send it one request. */
export async function openOurEcho(stage: BenchStage): Promise<(n: number) => Promise<number>> {
  const child = fork(import.meta.filename, [stage.natsUrl], {
    env: { ...process.env, ...testActorVariables('metering') },
  });
  await once(child, 'message');
  stage.defer(async () => {
    child.disconnect();
    await once(child, 'exit');
  });
  const bus = await connectBus(
    { servers: [stage.natsUrl] },
    {
      name: 'bench',
      log: quiet(),
      signer: requestSignerOf('operator', { NATS_URL: stage.natsUrl, ...testActorVariables('operator') }),
    },
  );
  stage.defer(() => bus.close());
  return async (n) => ((await sendRequest(bus, echo, { n }, { actor })) as { n: number }).n;
}

export async function forSomeTime(requestOne: (n: number) => Promise<number>): Promise<{ units: number; ms: number }> {
  let sent = 0;
  const started = performance.now();
  const client = async () => {
    while (performance.now() - started < sliceMs) {
      sent += 1;
      const n = sent;
      if ((await requestOne(n)) !== n) throw new Error('the answer differs from the request');
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return { units: sent, ms: performance.now() - started };
}

/** The second figure: the median duration of single requests, which should be at most twice that of the bare side. */
async function oneAtATime(
  requestOurs: (n: number) => Promise<number>,
  requestTheirs: (n: number) => Promise<number>,
): Promise<Record<string, number>> {
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let turn = 0; turn < 2_000; turn += 1) {
    for (const [side, requestOne] of [
      ['ours', requestOurs],
      ['bare', requestTheirs],
    ] as const) {
      const started = performance.now();
      await requestOne(turn);
      times[side].push(performance.now() - started);
    }
  }
  const ours = quartiles(times.ours).median;
  const bare = quartiles(times.bare).median;
  return { one_at_a_time_p50_ms: ours, one_at_a_time_p50_bare_ms: bare, one_at_a_time_ratio: ours / bare };
}

if (process.argv[1] === import.meta.filename) {
  await startService(echoing, { env: { ...process.env, NATS_URL: process.argv[2] ?? '' }, log: quiet() });
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
}
