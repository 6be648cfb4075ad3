import { setTimeout as delay } from 'node:timers/promises';
import { startBucketServer } from '@arcadia/bucket-stand-in';
import { notifications, type RequestContract, type RequestOutput } from '@arcadia/contracts';
import { playedClock } from '@arcadia/platform';
import { askService, eventually, readRows, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { datasets, startDatasetNeighbours } from '../test/dataset-neighbours.ts';
import { accessTo } from '../test/export-stage.ts';
import { operator } from '../test/stage.ts';
import { forkNotifications } from './notifications-process.ts';

const months = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'];
const chunk = 'x'.repeat(1_000_000);
const chunks = 12;
/** Where processes are killed, one after the other: at failpoints, and at random moments of an upload, in milliseconds after its start. */
const deaths: readonly (string | number)[] = [
  ...['export.claimed=kill', 'export.sent=kill', 'export.recorded=kill'],
  ...Array.from({ length: 3 }, () => Math.random() * 400),
];
/** The job of the dead is done by the next one once its lease has ended. */
const leaseEnds = { timeoutMs: 40_000 };

test('killed at any point, every month is in the bucket once, whole, under its key, and no parts stay', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'notifications' });
  await using _neighbours = await startDatasetNeighbours(nats);
  const server = await startBucketServer({ buckets: ['finops'] });
  datasets.chunksOf = async function* slowly({ period }) {
    yield `${period}\n`;
    for (let sent = 0; sent < chunks; sent += 1) {
      await delay(5);
      yield chunk;
    }
  };
  const env = { NOTIFICATIONS_KEY: 'a key of the tests with more than 32 characters', WEBHOOK_LOOPBACK: 'on' };
  const ask = <C extends RequestContract>(contract: C, input: object) =>
    askService(nats, contract, input as never, { actor: operator }) as Promise<RequestOutput<C>>;
  const exportIds: string[] = [];
  {
    await using _first = await startTestService(service, { nats, database, env });
    for (const dataset of ['charges', 'costs'] as const) {
      const given = { ...accessTo(server), dataset, prefix: 'killed/' };
      exportIds.push((await ask(notifications.createScheduledExport, given)).export_id);
    }
  }
  // The runs are written as the service would have, so that none is in progress before the first death.
  await readRows(
    database,
    `INSERT INTO export_runs (run_id, export_id, period, cause, created_at, object_key, state, attempts, tries, due_at)
     SELECT gen_random_uuid(), e, p, 'person', now(), 'later', 'pending', 0, 0, now()
     FROM unnest('{${exportIds.join(',')}}'::uuid[]) e, unnest('{${months.join(',')}}'::text[]) p`,
  );
  for (const death of deaths) {
    // What the dead has claimed is due again, as it would be once its lease ended.
    await readRows(database, 'UPDATE export_runs SET due_at = now() WHERE lease IS NOT NULL');
    const before = server.requests.length;
    const doomed = forkNotifications({
      ...{ ...env, NATS_URL: nats.url, DATABASE_URL: database.url },
      ...(typeof death === 'string' ? { ARCADIA_FAILPOINTS: death } : {}),
    });
    await doomed.ready;
    await ask(notifications.runScheduledExport, { export_id: exportIds[0], period: '2026-01' }).catch(() => undefined);
    if (typeof death === 'number') {
      await eventually('an upload has begun', () => server.requests.length > before, leaseEnds);
      await delay(death);
      doomed.kill();
    }
    const end = await Promise.race([doomed.ended, delay(leaseEnds.timeoutMs, 'alive')]);
    doomed.kill();
    expect(end).toBe('SIGKILL');
  }
  expect(server.requests.length).toBeGreaterThan(0);
  const clock = playedClock(Temporal.Now.instant().add({ minutes: 20 }));
  clock.run();
  await using survivor = await startTestService(service, { nats, database, clock, env });
  await eventually(
    'all are in the bucket',
    async () => {
      await survivor.runJob('run-exports', clock.now());
      return (await readRows(database, `SELECT 1 FROM export_runs WHERE state = 'pending'`)).length === 0;
    },
    { timeoutMs: 120_000 },
  );
  await survivor.settled();
  // An upload that was begun in the moment of a death is not known, and has no parts yet.
  expect(server.unfinished().filter(({ parts }) => parts > 0)).toEqual([]);
  const size = chunks * chunk.length + '2026-01\n'.length;
  const objects = server.objects('finops');
  expect(objects.map(({ key }) => key).toSorted()).toEqual(
    ['charges', 'costs'].flatMap((dataset) =>
      months.map((month) => `killed/focus-1.4/${dataset}/all-tenants/period=${month}/${dataset}.csv`),
    ),
  );
  for (const { key, size: bytes } of objects) {
    expect(bytes).toBe(size);
    const month = /period=([\d-]+)/.exec(key)?.[1] ?? '';
    expect((await server.read('finops', key)).subarray(0, 8).toString()).toBe(`${month}\n`);
  }
  await server.stop();
}, 400_000);
