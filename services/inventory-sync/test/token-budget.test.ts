import { createDigitalOcean, sharedBudget, tokenLedger } from '@arcadia/digitalocean';
import { expect, test } from 'vitest';
import { openStage } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
/** Played seconds per second of real time. */
const speed = 60;

/**
 * Two replicas with one token and one Postgres, on a fast clock; `answer` gives the provider's response to the nth request.
 * @param pausedBy the request whose response requires a pause; null for none
 */
async function startReplicas(
  answer: (nth: number) => { status?: number; headers?: Record<string, string> },
  pausedBy: number | null,
) {
  const stage = await openStage({}, begin);
  const started = performance.now();
  const now = () =>
    Temporal.Instant.from(begin).add({ milliseconds: Math.round((performance.now() - started) * speed) });
  const requests: { replica: number; at: number }[] = [];
  const ledger = tokenLedger(stage.running.context.db, () => 'dop_v1_shared');
  const { promise: isBlocked, resolve: blocked } = Promise.withResolvers<void>();
  const noted = {
    ...ledger,
    block: (...range: Parameters<typeof ledger.block>) => ledger.block(...range).then(blocked),
  };
  const replicas = [0, 1].map((replica) =>
    createDigitalOcean({
      token: 'dop_v1_shared',
      baseUrl: 'http://provider',
      write: false,
      retries: 0,
      now,
      budget: sharedBudget({ ledger: noted, clock: { now } }),
      fetch: async () => {
        requests.push({ replica, at: now().epochMilliseconds });
        const nth = requests.length;
        const { status = 200, headers = {} } = answer(nth);
        // On the fast clock an answer would come sooner than Postgres stores the pause that an earlier one asks for.
        if (pausedBy !== null && nth > pausedBy) await isBlocked;
        const body = status === 200 ? { account: { uuid: 'u', status: 'active' } } : { id: 'too_many_requests' };
        return Response.json(body, { status, headers });
      },
    }),
  );
  return {
    now,
    requests,
    replicas,
    /** Sends requests as fast as the budget allows, with the concurrency of a client, until an instant. */
    sendUntil: async (end: number) => {
      const workers = replicas.flatMap((replica) => [replica, replica, replica, replica]);
      const stop = AbortSignal.timeout(Math.max(1, Math.ceil((end - now().epochMilliseconds) / speed)));
      await Promise.all(
        workers.map(async (replica) => {
          while (!stop.aborted) await replica.account(stop).catch(() => undefined);
        }),
      );
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

const begun = Temporal.Instant.from(begin).epochMilliseconds;

test('two replicas with one token never send more than 250 requests in any minute, and use most of them', async () => {
  await using stage = await startReplicas(() => ({}), null);
  await stage.sendUntil(begun + 4 * 60_000);
  const times = stage.requests.map(({ at }) => at);
  const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
  expect(busiest).toBeLessThanOrEqual(250);
  expect(times.length).toBeGreaterThan(250);
  for (const replica of [0, 1]) expect(stage.requests.some((one) => one.replica === replica)).toBe(true);
});

test.each([
  ['retry-after', { status: 429, headers: { 'retry-after': '90' } }],
  [
    'few remaining requests',
    {
      headers: {
        'ratelimit-limit': '5000',
        'ratelimit-remaining': '12',
        'ratelimit-reset': String(begun / 1000 + 120),
      },
    },
  ],
])('%s in the response to one replica pauses both replicas', async (_, response) => {
  await using stage = await startReplicas((nth) => (nth === 5 ? response : {}), 5);
  await stage.sendUntil(begun + 200_000);
  const receivedAt = stage.requests[4]?.at ?? 0;
  const until = 'status' in response ? receivedAt + 90_000 : begun + 120_000;
  // Requests already under way when the response arrived cannot be recalled: eight workers, one of which had the response.
  const meanwhile = stage.requests.slice(5).filter(({ at }) => at < until);
  expect(meanwhile.length).toBeLessThanOrEqual(7);
  expect(meanwhile.every(({ at }) => at < receivedAt + 10_000)).toBe(true);
  const after = stage.requests.filter(({ at }) => at >= until);
  expect(new Set(after.map(({ replica }) => replica)).size).toBe(2);
});
