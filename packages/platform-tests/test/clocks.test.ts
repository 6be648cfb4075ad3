import { existsSync } from 'node:fs';
import { askService, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { placeOrder, shop } from './echo-service.ts';
import { forkService } from './service-process.ts';
import { actor } from './stage.ts';

const days = 2;
const library = ['x86_64-linux-gnu', 'aarch64-linux-gnu', '.']
  .map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`)
  .find((file) => existsSync(file));

test.each([
  ['ahead', days],
  ['behind', -days],
])('a replica whose machine is two days %s writes, ticks and answers by the time of Postgres', (_, skewDays) =>
  keepsTime({ SKEW_MS: String(skewDays * 86_400_000) }),
);

test.skipIf(library === undefined).each([
  ['ahead', `+${days}d`],
  ['behind', `-${days}d`],
])('a process for which every call of the system gives a time two days %s does so too (needs libfaketime)', (_, time) =>
  // The monotonic clock of a machine does not move with its time of day.
  keepsTime({ LD_PRELOAD: library ?? '', FAKETIME: time, FAKETIME_DONT_FAKE_MONOTONIC: '1' }),
);

/** Runs a replica with a wrong clock beside one with the right clock. */
async function keepsTime(wrong: Record<string, string>): Promise<void> {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const skewed = forkService('shop', {
    NATS_URL: nats.url,
    DATABASE_URL: database.url,
    SCHEDULER: 'on',
    ...wrong,
  });
  await skewed.ready;
  // Its clock is wrong when it reads the time left of a request, and it answers all the same.
  expect(await askService(nats, placeOrder, { order: 'chair', amount: 1 }, { actor })).toEqual({ revision: 1 });
  await using healthy = await startTestService(shop, { nats, database, scheduler: true });
  const { db } = healthy.context;
  const offsets = async () =>
    (
      await sql<{ what: string; off: string }>`
        SELECT 'event' AS what, abs(extract(epoch FROM occurred_at - clock_timestamp())) AS off FROM events
        UNION ALL SELECT 'audit', abs(extract(epoch FROM at - clock_timestamp())) FROM audit
        UNION ALL SELECT 'tick', abs(extract(epoch FROM last_scheduled_at - clock_timestamp())) FROM schedules`.execute(
        db,
      )
    ).rows;
  await expect
    .poll(async () => new Set((await offsets()).map(({ what }) => what)))
    .toEqual(new Set(['event', 'audit', 'tick']));
  for (const { what, off } of await offsets()) expect([what, Number(off) < 60]).toEqual([what, true]);
  expect(await skewed.clockFact()).toMatchObject({
    ok: false,
    detail: expect.stringMatching(
      /^the clock of this machine is 172[78]\d\d(\.\d)? s (ahead of|behind) that of Postgres/,
    ),
  });
  expect((await healthy.health()).facts['clock']).toMatchObject({ ok: true });
  skewed.kill();
}

test('a tick that was recorded in the future is drawn back, and the schedule goes on', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database, scheduler: true });
  const { db } = service.context;
  const ahead = async () =>
    (await sql<{ ahead: boolean }>`SELECT last_scheduled_at > clock_timestamp() AS ahead FROM schedules`.execute(db))
      .rows;
  await expect.poll(ahead).toEqual([{ ahead: false }]);
  await sql`UPDATE schedules SET last_scheduled_at = clock_timestamp() + interval '1 year'`.execute(db);
  await using restarted = await startTestService(shop, { nats, database, scheduler: true });
  await expect.poll(ahead).toEqual([{ ahead: false }]);
  expect((await restarted.health()).facts['schedule']).toMatchObject({ ok: true });
});
