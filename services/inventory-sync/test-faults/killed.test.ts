import { inventorySync as contracts, type EventData, type inventorySync } from '@arcadia/contracts';
import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { type Bus, connectBus, createLog, createPool, triggerJob } from '@arcadia/platform';
import { eventually, publishedEvents, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { forkReplica } from './service-process.ts';

type Observation = EventData<typeof inventorySync.resourceObserved>;

const count = 1_400;
const droplets = Array.from({ length: count }, (_, index) => ({
  id: index + 1,
  name: `web-${index}`,
  created_at: '2026-02-01T00:00:00Z',
}));

/** An account, servers, and a replica that is about to be killed. `broken` is a fault of the provider; a mute replica never publishes. */
async function startDoomed({
  broken = [],
  env = {},
  isMute = false,
}: {
  broken?: readonly object[];
  env?: Record<string, string>;
  isMute?: boolean;
}) {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await throwawayDatabase({ service: 'inventory-sync' }));
  const nats = stack.use(await throwawayNats());
  const world = parseWorld(
    JSON.stringify({ name: 'test', period: '2026-04', provider: { droplets, faults: broken } }),
    'test.json',
  );
  const simulator = stack.use(await startSimulator({ world, clock: () => Temporal.Now.instant() }));
  const surroundings = {
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    DIGITALOCEAN_API_URL: simulator.url,
    DIGITALOCEAN_TOKEN: 'dop_v1_canary',
  };
  const pool = createPool({ url: database.url, schema: 'inventory', applicationName: 'test' }, () => undefined);
  stack.defer(() => pool.end());
  const bus = await connectBus(
    { servers: [nats.url] },
    { name: 'test', log: createLog({ name: 'test', level: 'silent' }) },
  );
  stack.defer(() => bus.close());
  const holder = await pool.connect();
  // While the test holds the relay's lock, no replica can lead.
  if (isMute) await holder.query(`SELECT pg_advisory_lock(hashtextextended('relay:inventory', 0))`);
  let isHeld = true;
  const letSpeak = () => {
    if (isHeld) holder.release(true);
    isHeld = false;
  };
  stack.defer(letSpeak);
  const doomed = await forkReplica({ ...surroundings, ...env });
  stack.defer(() => doomed.kill());
  return {
    database,
    bus,
    pool,
    doomed,
    letSpeak,
    observed: async () => (await publishedEvents(database, contracts.resourceObserved)).map(({ data }) => data),
    sync: (cause: string) =>
      triggerJob(bus, 'inventory-sync', 'sync-droplets', { scheduledAt: Temporal.Now.instant(), input: {}, cause }),
    takeOver: () => startTestService(service, { database, nats, env: surroundings }),
    sweeps: async () =>
      (await pool.query<{ status: string }>('SELECT status FROM sweeps ORDER BY sweep')).rows.map(
        ({ status }) => status,
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The id and data of each message on the stream. */
async function streamed(bus: Bus): Promise<{ id: string; data: Observation }[]> {
  const { state } = await bus.jsm.streams.info('INVENTORY');
  const messages: { id: string; data: Observation }[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const message = await bus.jsm.streams.getMessage('INVENTORY', { seq });
    if (message?.subject.startsWith('resource.observed.'))
      messages.push({ id: message.header.get('Nats-Msg-Id'), data: message.json<Observation>() });
  }
  return messages;
}

/** Expects the event log, the resources' own logs and the stream to agree: each droplet once, and present. */
async function expectOneStory(stage: Awaited<ReturnType<typeof startDoomed>>): Promise<void> {
  const observed = await stage.observed();
  expect(observed).toHaveLength(count);
  expect(new Set(observed.map(({ resource_id }) => resource_id)).size).toBe(count);
  expect(observed.every(({ revision, is_present }) => revision === 1 && is_present)).toBe(true);
  const stream = await streamed(stage.bus);
  expect(new Set(stream.map(({ id }) => id)).size).toBe(stream.length);
  const byId = (a: Observation, b: Observation) => (a.resource_id < b.resource_id ? -1 : 1);
  expect(stream.map(({ data }) => data).toSorted(byId)).toEqual(observed.toSorted(byId));
  const logs = await stage.pool.query<{ resource_id: string; revision: number }>(
    'SELECT resource_id, revision FROM cloud_resource_events ORDER BY resource_id',
  );
  expect(logs.rows).toEqual(observed.toSorted(byId).map(({ resource_id, revision }) => ({ resource_id, revision })));
}

test('a sync killed midway is taken over: no event is published twice or lost, and no resource is deleted', async () => {
  await using stage = await startDoomed({
    broken: [{ kind: 'hang', match: { path: '^/v2/droplets\\?.*page=7' }, times: 1, seconds: 300 }],
  });
  await stage.sync('first');
  await eventually('the first pages are kept', async () => (await stage.observed()).length === 1_000, {
    timeoutMs: 60_000,
  });
  await stage.doomed.kill();
  expect(await stage.sweeps()).toEqual(['running']);

  await using survivor = await stage.takeOver();
  await eventually('another replica has listed it all', async () => (await stage.sweeps()).at(-1) === 'complete', {
    timeoutMs: 90_000,
  });
  await survivor.settled(30_000);
  expect(await stage.sweeps()).toEqual(['complete']);
  await expectOneStory(stage);
  for (const cause of ['second', 'third', 'fourth']) await stage.sync(cause);
  await survivor.settled(30_000);
  await expectOneStory(stage);
});

test('a sync killed between commit and publishing: the next replica publishes every event once', async () => {
  await using stage = await startDoomed({ isMute: true });
  await stage.sync('first');
  await eventually('the sweep is complete', async () => (await stage.sweeps()).at(-1) === 'complete', {
    timeoutMs: 60_000,
  });
  expect(await streamed(stage.bus)).toEqual([]);
  await stage.doomed.kill();
  stage.letSpeak();
  await using survivor = await stage.takeOver();
  await survivor.settled(60_000);
  await expectOneStory(stage);
});

test.each(['publish.after-send', 'relay.after-publish', 'job.ran'])(
  'a sync killed at %s: the next replica publishes every event once',
  async (place) => {
    await using stage = await startDoomed({ env: { ARCADIA_FAILPOINTS: `${place}=kill` } });
    await stage.sync('first');
    expect(await stage.doomed.ended).toBe('SIGKILL');
    await using survivor = await stage.takeOver();
    const isDone = async () => {
      const { rows } = await stage.pool.query<{ state: string }>('SELECT state FROM job_runs');
      return rows.every(({ state }) => state === 'done') && (await stage.sweeps()).at(-1) === 'complete';
    };
    await eventually('another replica has done the job', isDone, { timeoutMs: 90_000 });
    await survivor.settled(60_000);
    await expectOneStory(stage);
  },
);
