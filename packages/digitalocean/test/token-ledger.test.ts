import { createDatabase, createPool } from '@arcadia/platform';
import { throwawayDatabase } from '@arcadia/testkit';
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { blockedUntil, hashOfToken, tokenLedger } from '../src/index.ts';

const start = Temporal.Instant.from('2026-05-01T00:00:00Z');
const services = ['inventory-sync', 'billing-ingest', 'provisioning'];

/** One connection pool for each service, as in processes of their own; `isShared` false: the database was set up without the shared table. */
async function openServices({ isShared }: { isShared: boolean }) {
  const database = await throwawayDatabase({ services });
  const schemas = ['inventory', 'billing', 'provisioning'];
  const pools = services.map((service, index) =>
    createPool(
      { url: database.urlOf(service), schema: schemas[index] ?? '', applicationName: service },
      () => undefined,
    ),
  );
  const dbs = pools.map((pool): Kysely<Record<string, never>> => createDatabase(pool));
  for (const db of dbs)
    await sql`CREATE TABLE token_budgets (token_hash text PRIMARY KEY, minute_full_at timestamptz NOT NULL,
      hour_full_at timestamptz NOT NULL, blocked_until timestamptz)`.execute(db);
  if (!isShared) {
    const admin = createPool({ url: database.adminUrl, schema: 'public', applicationName: 'admin' }, () => undefined);
    await admin.query('DROP SCHEMA provider CASCADE');
    await admin.end();
  }
  return {
    dbs,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await database[Symbol.asyncDispose]();
    },
  };
}

type Ledger = ReturnType<typeof tokenLedger>;

/** Takes requests, ten at a time, from every ledger for an hour and a quarter; the times and numbers of those that were granted. */
async function takeForLong(ledgers: readonly Ledger[]) {
  const taken: { at: number; requests: number }[] = [];
  for (let second = 0; second < 4500; second += 15) {
    const now = start.add({ seconds: second });
    const waits = await Promise.all(
      Array.from({ length: 9 }, () => ledgers.map((ledger) => ledger.take(10, now))).flat(),
    );
    taken.push({ at: second, requests: waits.filter((wait) => wait === 0).length * 10 });
  }
  const mostWithin = (span: number) =>
    Math.max(
      ...taken.map(({ at: from }) =>
        taken.filter(({ at }) => at >= from && at < from + span).reduce((sum, { requests }) => sum + requests, 0),
      ),
    );
  return { first: taken[0]?.requests, inMinute: mostWithin(60), inHour: mostWithin(3600) };
}

test('token ledger: three services in processes of their own share one budget, in every minute and every hour', async () => {
  await using stage = await openServices({ isShared: true });
  const most = await takeForLong(stage.dbs.map((db) => tokenLedger(db, () => 'one')));
  // All of a minute may be used at once.
  expect(most.first).toBe(240);
  expect(most.inMinute).toBe(240);
  expect(most.inHour).toBeLessThanOrEqual(5000);
  expect(most.inHour).toBeGreaterThan(4500);
});

test('token ledger: the shared budget names the time to wait, and leaves part of a minute to requests that are urgent', async () => {
  await using stage = await openServices({ isShared: true });
  const [background, foreground, another] = stage.dbs.map((db) => tokenLedger(db, () => 'both'));
  expect(await background?.take(150, start, true)).toBe(0);
  expect(await background?.take(1, start, true)).toBe(62_000);
  expect(await foreground?.take(90, start.add({ seconds: 10 }))).toBe(0);
  expect(await another?.take(1, start.add({ seconds: 10 }))).toBe(52_000);
  expect(await another?.take(1, start.add({ milliseconds: 61_999 }))).toBe(1);
  expect(await another?.take(150, start.add({ seconds: 62 }))).toBe(0);
  expect(await another?.take(1, start.add({ seconds: 62 }))).toBe(10_000);
  // A clock that is behind counts in the newest slot; one that was set back begins anew.
  expect(await foreground?.take(1, start.add({ seconds: 61 }))).toBe(11_000);
  expect(await foreground?.take(240, start.subtract({ seconds: 3 }))).toBe(0);
});

test('token ledger: a pause that the provider asked one service for holds for all, and for no other token', async () => {
  await using stage = await openServices({ isShared: true });
  const [first, second] = stage.dbs.map((db) => tokenLedger(db, () => 'one'));
  const until = start.add({ seconds: 30 });
  await first?.block(until, start);
  expect(await second?.take(10, start)).toBe(30_000);
  expect(await second?.take(10, start.add({ seconds: 31 }))).toBe(0);
  const [db] = stage.dbs;
  if (db === undefined) throw new Error('no service');
  expect(await tokenLedger(db, () => 'another').take(10, start)).toBe(0);
  const tokenHash = hashOfToken('one');
  expect((await blockedUntil(db, { tokenHash, now: start }))?.toString()).toBe(until.toString());
  expect(await blockedUntil(db, { tokenHash, now: until })).toBeNull();
  const { rows } = await sql<{ token_hash: string }>`SELECT token_hash FROM provider.token_budgets`.execute(db);
  expect(rows.map((row) => row.token_hash)).toEqual(expect.arrayContaining([tokenHash]));
  expect(rows.some((row) => row.token_hash === 'one')).toBe(false);
});

test('token ledger: in a database without the shared table, the replicas of a service share a budget', async () => {
  await using stage = await openServices({ isShared: false });
  const [db] = stage.dbs;
  if (db === undefined) throw new Error('no service');
  const most = await takeForLong([tokenLedger(db, () => 'one'), tokenLedger(db, () => 'one')]);
  expect(most.first).toBe(70);
  expect(most.inMinute).toBeLessThanOrEqual(250);
  expect(most.inHour).toBeLessThanOrEqual(5000);
  expect(most.inHour).toBeGreaterThan(4500);
  const replica = tokenLedger(db, () => 'one');
  const later = start.add({ hours: 4 });
  await replica.block(later.add({ seconds: 30 }), later);
  expect(await replica.take(10, later)).toBe(30_000);
  expect(await replica.take(10, later.add({ seconds: 31 }))).toBe(0);
});
