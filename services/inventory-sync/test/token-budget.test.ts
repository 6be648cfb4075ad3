import { createDigitalOcean, sharedBudget, tokenLedger } from '@arcadia/digitalocean';
import { expect, test } from 'vitest';
import { startStage } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
/** Played seconds in one of the wall. */
const speed = 60;

/** Two replicas with one token and one Postgres, on a clock that hurries; `answer` is the provider, and knows when it was asked. */
async function startReplicas(answer: (asked: number) => { status?: number; headers?: Record<string, string> }) {
  const stage = await startStage({}, begin);
  const started = performance.now();
  const now = () =>
    Temporal.Instant.from(begin).add({ milliseconds: Math.round((performance.now() - started) * speed) });
  const asked: { replica: number; at: number }[] = [];
  const replicas = [0, 1].map((replica) =>
    createDigitalOcean({
      token: 'dop_v1_shared',
      baseUrl: 'http://provider',
      write: false,
      retries: 0,
      now,
      budget: sharedBudget({ ledger: tokenLedger(stage.running.context.db, () => 'dop_v1_shared'), clock: { now } }),
      fetch: async () => {
        asked.push({ replica, at: now().epochMilliseconds });
        const { status = 200, headers = {} } = answer(asked.length);
        const body = status === 200 ? { account: { uuid: 'u', status: 'active' } } : { id: 'too_many_requests' };
        return Response.json(body, { status, headers });
      },
    }),
  );
  return {
    now,
    asked,
    replicas,
    /** Asks as fast as it is let, with as many hands as a client has, until then. */
    askUntil: async (end: number) => {
      const hands = replicas.flatMap((replica) => [replica, replica, replica, replica]);
      const stop = AbortSignal.timeout(Math.max(1, Math.ceil((end - now().epochMilliseconds) / speed)));
      await Promise.all(
        hands.map(async (replica) => {
          while (!stop.aborted) await replica.account(stop).catch(() => undefined);
        }),
      );
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

const begun = Temporal.Instant.from(begin).epochMilliseconds;

test('two replicas with one token never ask more than 250 times in any minute, and use most of that', async () => {
  await using stage = await startReplicas(() => ({}));
  await stage.askUntil(begun + 4 * 60_000);
  const times = stage.asked.map(({ at }) => at);
  const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
  expect(busiest).toBeLessThanOrEqual(250);
  expect(times.length).toBeGreaterThan(250);
  for (const replica of [0, 1]) expect(stage.asked.some((one) => one.replica === replica)).toBe(true);
});

test.each([
  ['retry-after', { status: 429, headers: { 'retry-after': '90' } }],
  [
    'little that remains',
    {
      headers: {
        'ratelimit-limit': '5000',
        'ratelimit-remaining': '12',
        'ratelimit-reset': String(begun / 1000 + 120),
      },
    },
  ],
])('%s, told to one replica, stops both until then', async (_, told) => {
  await using stage = await startReplicas((asked) => (asked === 5 ? told : {}));
  await stage.askUntil(begun + 200_000);
  const publishedAt = stage.asked[4]?.at ?? 0;
  const until = 'status' in told ? publishedAt + 90_000 : begun + 120_000;
  // What was on its way already when the answer came cannot be called back: eight hands, one of which had the answer.
  const meanwhile = stage.asked.slice(5).filter(({ at }) => at < until);
  expect(meanwhile.length).toBeLessThanOrEqual(7);
  expect(meanwhile.every(({ at }) => at < publishedAt + 10_000)).toBe(true);
  const after = stage.asked.filter(({ at }) => at >= until);
  expect(new Set(after.map(({ replica }) => replica)).size).toBe(2);
});
