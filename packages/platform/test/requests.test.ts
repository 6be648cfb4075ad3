import { askService } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createLog, type ServiceFailed, startService } from '../src/index.ts';
import { orderPlaced, placeOrder, readOrder, shop } from './echo-service.ts';
import { actor, openStage, operator, type Stage } from './stage.ts';

const auditOf = async (stage: Stage) =>
  (
    await sql<{ actor: string; tenant_id: string; request: string; outcome: string; input: unknown }>`
      SELECT actor, tenant_id, request, outcome, input FROM audit ORDER BY id`.execute(stage.shop.context.db)
  ).rows;

test('a command with the same key takes effect once and is answered alike', async () => {
  await using stage = await openStage();
  const ask = () => askService(stage.nats, placeOrder, { order: 'a', amount: 1 }, { actor, idempotencyKey: 'k' });
  expect(await ask()).toEqual({ revision: 1 });
  expect(await ask()).toEqual({ revision: 1 });
  expect(await auditOf(stage)).toHaveLength(1);
});

test('the same key with another request is refused', async () => {
  await using stage = await openStage();
  const ask = (amount: number) =>
    askService(stage.nats, placeOrder, { order: 'a', amount }, { actor, idempotencyKey: 'k' });
  await ask(1);
  expect(await ask(2)).toMatchObject({ refused: 'idempotency-key-reused' });
});

test('another tenant’s key is another key', async () => {
  await using stage = await openStage();
  const other = { ...actor, tenant_id: 'globex' };
  const input = { order: 'a', amount: 1 };
  expect(await askService(stage.nats, placeOrder, input, { actor, idempotencyKey: 'k' })).toEqual({ revision: 1 });
  expect(await askService(stage.nats, placeOrder, input, { actor: other, idempotencyKey: 'k' })).toEqual({
    revision: 2,
  });
});

test('twenty at once with the same key take effect once', async () => {
  await using stage = await openStage();
  const options = { actor, idempotencyKey: 'k' };
  const asked = Array.from({ length: 20 }, () =>
    stage.shop.context.request(placeOrder, { order: 'a', amount: 1 }, options),
  );
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, () => ({ revision: 1 })));
  await stage.settled();
  expect(await stage.bills()).toEqual([{ order_name: 'a', revision: 1, amount: 1 }]);
});

test('while the first is being worked on, a second with the same key is told so at its deadline', async () => {
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

test('a refused command leaves nothing but its audit row and its answer', async () => {
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

test('an unforeseen error is answered with an incident, and only the log says what it was', async () => {
  await using stage = await openStage();
  await stage.shop.stop();
  const lines: string[] = [];
  const log = createLog({ name: 'shop', destination: { write: (line) => void lines.push(line) } });
  const env = { NATS_URL: stage.nats.url, DATABASE_URL: stage.database.urlOf('metering') };
  const service = await startService(shop, { env, log, scheduler: false });
  try {
    const asked = askService(stage.nats, readOrder, { order: 'explode' }, { actor });
    const error = await asked.catch((failure: unknown) => failure as ServiceFailed);
    expect(error).toMatchObject({ name: 'ServiceFailed', service: 'metering' });
    expect(String((error as ServiceFailed).message)).not.toContain('hunter2');
    const incident = (error as ServiceFailed).incident;
    expect(lines.some((line) => line.includes(incident) && line.includes('leaked'))).toBe(true);
  } finally {
    await service.stop();
  }
});

test('who may not ask is refused, and so is what is no input', async () => {
  await using stage = await openStage();
  const nobody = { ...actor, roles: [] };
  expect(await askService(stage.nats, readOrder, { order: 'a' }, { actor: nobody })).toMatchObject({
    refused: 'forbidden',
  });
  const raw = await stage.till.bus.nc.request('ask.metering.order.read', '{}', { timeout: 2_000 });
  expect(raw.json()).toMatchObject({ refused: 'forbidden' });
  const loose = { ...readOrder, input: placeOrder.input.partial() };
  const wrong = await askService(stage.nats, loose, { amount: 3 }, { actor: operator });
  expect(wrong).toMatchObject({ refused: 'invalid-input' });
});

test('nobody there: a read is asked twice, then the service is called unavailable', async () => {
  await using stage = await openStage();
  await stage.shop.stop();
  const asked = stage.till.context.request(readOrder, { order: 'a' }, { actor });
  await expect(asked).rejects.toMatchObject({ name: 'ServiceUnavailable', service: 'metering' });
});

test('what a service does not list it cannot say', async () => {
  await using stage = await openStage();
  const order = { order: 'a', revision: 1, amount: 1, lines: [] };
  await expect(stage.till.context.transact((tx) => tx.publish(orderPlaced, order))).rejects.toThrow('does not list');
});
