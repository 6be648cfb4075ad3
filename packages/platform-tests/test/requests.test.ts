import { defineRequest, isRefusal } from '@arcadia/contracts';
import { createLog, forService, type ServiceFailed, startService } from '@arcadia/platform';
import { askService, startTestService, throwawayNats } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { listOrders, orderPlaced, placeOrder, readOrder, shop } from './echo-service.ts';
import { actor, openStage, operator, type Stage } from './stage.ts';

const auditOf = async (stage: Stage) =>
  (
    await sql<{ actor: string; tenant_id: string; request: string; outcome: string; input: unknown }>`
      SELECT actor, tenant_id, request, outcome, input FROM audit ORDER BY id`.execute(stage.shop.context.db)
  ).rows;

test('a command repeated with the same idempotency key takes effect once and gets the same answer', async () => {
  await using stage = await openStage();
  const ask = () => askService(stage.nats, placeOrder, { order: 'a', amount: 1 }, { actor, idempotencyKey: 'k' });
  expect(await ask()).toEqual({ revision: 1 });
  expect(await ask()).toEqual({ revision: 1 });
  expect(await auditOf(stage)).toHaveLength(1);
});

test('an idempotency key used for a different request is refused', async () => {
  await using stage = await openStage();
  const ask = (amount: number) =>
    askService(stage.nats, placeOrder, { order: 'a', amount }, { actor, idempotencyKey: 'k' });
  await ask(1);
  expect(await ask(2)).toMatchObject({ refused: 'idempotency-key-reused' });
});

test('idempotency keys of different tenants are independent', async () => {
  await using stage = await openStage();
  const other = { ...actor, tenant_id: 'globex' };
  const input = { order: 'a', amount: 1 };
  expect(await askService(stage.nats, placeOrder, input, { actor, idempotencyKey: 'k' })).toEqual({ revision: 1 });
  expect(await askService(stage.nats, placeOrder, input, { actor: other, idempotencyKey: 'k' })).toEqual({
    revision: 2,
  });
});

test('twenty simultaneous commands with the same idempotency key take effect once', async () => {
  await using stage = await openStage();
  const options = { actor, idempotencyKey: 'k' };
  const answer = Array.from({ length: 20 }, () =>
    stage.shop.context.request(placeOrder, { order: 'a', amount: 1 }, options),
  );
  expect(await Promise.all(answer)).toEqual(Array.from({ length: 20 }, () => ({ revision: 1 })));
  await stage.settled();
  expect(await stage.bills()).toEqual([{ order_name: 'a', revision: 1, amount: 1 }]);
});

test('a command repeated while the first still runs is refused as in-flight at its deadline', async () => {
  await using stage = await openStage();
  const { db } = stage.shop.context;
  await db.transaction().execute(async (trx) => {
    await sql`INSERT INTO idempotency (scope, key, request, fingerprint) VALUES ('tenant:acme', 'k', 'order.place', '')`.execute(
      trx,
    );
    const options = { actor, idempotencyKey: 'k', deadlineMs: 1_500 };
    const second = await stage.shop.context
      .request(placeOrder, { order: 'a', amount: 1 }, { ...options })
      .catch((error: unknown) => error);
    expect(second).toMatchObject({ refused: 'in-flight' });
  });
});

test('a refused command has no effect but its audit row and its stored answer', async () => {
  await using stage = await openStage();
  const input = { order: 'yacht', amount: 2_000_000 };
  const refused = await askService(stage.nats, placeOrder, input, { actor, idempotencyKey: 'k' });
  expect(refused).toMatchObject({ refused: 'too-much' });
  await stage.settled();
  expect(await stage.bills()).toEqual([]);
  expect(await askService(stage.nats, readOrder, { order: 'yacht' }, { actor })).toMatchObject({
    refused: 'not-found',
  });
  expect(await auditOf(stage)).toEqual([
    { actor: 'someone', tenant_id: 'acme', request: 'order.place', outcome: 'too-much', input },
  ]);
});

test('an unexpected error is answered with an incident id, and only the log shows the error', async () => {
  await using stage = await openStage();
  await stage.shop.stop();
  const lines: string[] = [];
  const log = createLog({ name: 'shop', destination: { write: (line) => void lines.push(line) } });
  const env = { NATS_URL: stage.nats.url, DATABASE_URL: stage.database.urlOf('metering') };
  const service = await startService(shop, { env, log, scheduler: false });
  try {
    const answer = askService(stage.nats, readOrder, { order: 'explode' }, { actor });
    const error = await answer.catch((failure: unknown) => failure as ServiceFailed);
    expect(error).toMatchObject({ name: 'ServiceFailed', service: 'metering' });
    expect(String((error as ServiceFailed).message)).not.toContain('hunter2');
    const incident = (error as ServiceFailed).incident;
    expect(lines.some((line) => line.includes(incident) && line.includes('leaked'))).toBe(true);
  } finally {
    await service.stop();
  }
});

test('a request that meets a full disk of Postgres is answered as unavailable with the reason, not as an incident', async () => {
  await using stage = await openStage();
  const { db } = stage.shop.context;
  await sql`CREATE FUNCTION metering.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file "base/5/16384": No space left on device' USING ERRCODE = 'disk_full'; END $$`.execute(
    db,
  );
  await sql`CREATE TRIGGER full_disk BEFORE INSERT ON orders EXECUTE FUNCTION metering.full_disk()`.execute(db);
  const place = () =>
    stage.shop.context.request(placeOrder, { order: 'a', amount: 1 }, { actor, idempotencyKey: 'one' });
  await expect(place()).rejects.toMatchObject({
    name: 'ServiceUnavailable',
    reason: 'the disk of its database is full',
  });
  await sql`DROP TRIGGER full_disk ON orders`.execute(db);
  expect(await place()).toEqual({ revision: 1 });
});

test('a request from an actor without the role or with invalid input is refused', async () => {
  await using stage = await openStage();
  const withoutRoles = { ...actor, roles: [] };
  expect(await askService(stage.nats, readOrder, { order: 'a' }, { actor: withoutRoles })).toMatchObject({
    refused: 'forbidden',
  });
  const raw = await stage.till.bus.nc.request('ask.metering.order.read', '{}', { timeout: 2_000 });
  expect(raw.json()).toMatchObject({ refused: 'forbidden' });
  const loose = { ...readOrder, input: placeOrder.input.partial() };
  const wrong = await askService(stage.nats, loose, { amount: 3 }, { actor: operator });
  expect(wrong).toMatchObject({ refused: 'invalid-input' });
});

test('a request to a stopped service fails with ServiceUnavailable', async () => {
  await using stage = await openStage();
  await stage.shop.stop();
  const answer = stage.till.context.request(readOrder, { order: 'a' }, { actor });
  await expect(answer).rejects.toMatchObject({ name: 'ServiceUnavailable', service: 'metering' });
});

test('an event that the service does not list cannot be published', async () => {
  await using stage = await openStage();
  const order = { order: 'a', revision: 1, amount: 1, lines: [] };
  await expect(stage.till.context.transact((tx) => tx.publish(orderPlaced, order))).rejects.toThrow('does not list');
});

test('a command whose answer is too large for a message is refused before the commit, and has changed nothing', async () => {
  await using stage = await openStage();
  const ask = () => askService(stage.nats, placeOrder, { order: 'loud-1', amount: 1 }, { actor, idempotencyKey: 'k' });
  const refused = await ask();
  expect(refused).toMatchObject({
    refused: 'answer-too-large',
    detail: expect.stringContaining('nothing was changed'),
  });
  expect(await ask()).toEqual(refused);
  expect(await stage.shop.context.db.selectFrom('orders').selectAll().execute()).toEqual([]);
  expect((await auditOf(stage)).map(({ outcome }) => outcome)).toEqual(['answer-too-large']);
  await stage.settled();
  expect(await stage.bills()).toEqual([]);
});

test('a list whose page is too large for a message answers with fewer rows; its cursors lead to all rows', async () => {
  await using stage = await openStage();
  await sql`INSERT INTO orders SELECT 'o' || lpad(n::text, 3, '0'), 1, 1 FROM generate_series(1, 150) n`.execute(
    stage.shop.context.db,
  );
  const ask = (length: number, cursor?: string) =>
    askService(stage.nats, listOrders, { length, limit: 200, ...(cursor === undefined ? {} : { cursor }) }, { actor });
  const names: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 20; pages += 1) {
    const page = await ask(20_000, cursor);
    if (isRefusal(page)) throw new Error(page.detail);
    names.push(...page.items.map(({ name }) => name));
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  expect(names).toEqual(Array.from({ length: 150 }, (_, index) => `o${String(index + 1).padStart(3, '0')}`));
  expect(await ask(600_000)).toMatchObject({ refused: 'answer-too-large' });
});

const weighed = defineRequest({
  name: 'parcel.weigh',
  service: 'drift',
  summary: 'Weigh a parcel.',
  effect: 'read',
  roles: ['platform_admin'],
  input: z.object({ parcel: z.string() }),
  output: z.object({ grams: z.int() }),
  refusals: [],
});

test('an answer that breaks its contract is not passed on, and a field that the contract does not name is left out', async () => {
  const { answer, defineService } = forService<unknown, null>();
  const scales = defineService({
    ...{ name: 'drift', schema: null, config: () => null, migrations: {}, publishes: [], consumes: [], jobs: [] },
    answers: [answer(weighed, async ({ input }) => JSON.parse(input.parcel) as { grams: number })],
  });
  await using nats = await throwawayNats();
  await using service = await startTestService(scales, { nats, database: null });
  const weigh = (given: unknown) =>
    service.context.request(weighed, { parcel: JSON.stringify(given) }, { actor: operator });
  expect(await weigh({ grams: 5, price_paid_cents: 9 })).toEqual({ grams: 5 });
  for (const broken of [{ grams: 'five' }, {}, null, [], { grams: 0.5 }]) {
    await expect(weigh(broken)).rejects.toThrow('the reply of drift to parcel.weigh breaks its contract');
  }
});
