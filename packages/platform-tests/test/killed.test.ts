import {
  askService,
  eventually,
  publishEvent,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, placeOrder, shop, till } from './echo-service.ts';
import { forkService } from './service-process.ts';
import { actor, ordersPublished } from './stage.ts';

const order = (name: string) => ({ order: name, revision: 1, amount: 10, lines: [] });

test('a relay killed between publishing and deleting loses nothing and stores nothing twice', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url, ARCADIA_FAILPOINTS: 'relay.after-publish=kill@2' };
  const doomed = forkService('shop', env);
  await doomed.ready;
  for (let index = 0; index < 5; index += 1) {
    await askService(nats, placeOrder, { order: `o${index}`, amount: 1 }, { actor }).catch(() => undefined);
  }
  expect(await doomed.ended).toBe('SIGKILL');
  await using survivor = await startTestService(shop, { nats, database });
  await survivor.settled();
  const logged = await sql<{ n: string }>`SELECT count(*) AS n FROM events WHERE stream = 'METERING'`.execute(
    survivor.context.db,
  );
  const { state } = await survivor.bus.jsm.streams.info('METERING');
  expect(state.messages).toBe(Number(logged.rows[0]?.n));
  expect(state.messages).toBeGreaterThanOrEqual(2);
});

test('events committed before the relay was killed are published by the next relay', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url, ARCADIA_FAILPOINTS: 'command.after-commit=kill' };
  const doomed = forkService('shop', env);
  await doomed.ready;
  const options = { actor, idempotencyKey: 'k1', deadlineMs: 1_000 };
  await expect(askService(nats, placeOrder, { order: 'chair', amount: 1 }, options)).rejects.toThrow('not available');
  expect(await doomed.ended).toBe('SIGKILL');
  await using survivor = await startTestService(shop, { nats, database });
  await survivor.settled();
  expect(await ordersPublished(survivor)).toBe(1);
  // The requester got no answer; a repetition with the same key returns it without a second effect.
  expect(await askService(nats, placeOrder, { order: 'chair', amount: 1 }, { actor, idempotencyKey: 'k1' })).toEqual({
    revision: 1,
  });
});

test('a consumer killed between its commit and the acknowledgement takes effect once', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'invoicing' });
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url, ARCADIA_FAILPOINTS: 'consumer.after-commit=kill' };
  const doomed = forkService('till', env);
  await doomed.ready;
  await publishEvent(
    nats,
    orderPlaced,
    Array.from({ length: 30 }, (_, index) => order(`o${index}`)),
  );
  expect(await doomed.ended).toBe('SIGKILL');
  await using survivor = await startTestService(till, { nats, database });
  await survivor.settled();
  const db = survivor.context.db;
  expect(await db.selectFrom('bills').selectAll().execute()).toHaveLength(30);
  expect(await db.selectFrom('noted').selectAll().execute()).toHaveLength(30);
  const issued = await sql<{ n: string }>`SELECT count(*) AS n FROM events WHERE type = 'invoice.issued'`.execute(db);
  expect(issued.rows[0]?.n).toBe('30');
});

test('a consumer killed while the batch before is being acknowledged handles both again, without effect', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'invoicing' });
  const orders = Array.from({ length: 1_500 }, (_, index) => order(`o${index}`));
  await publishEvent(nats, orderPlaced, orders);
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url, ARCADIA_FAILPOINTS: 'consumer.after-commit=kill@2' };
  const doomed = forkService('till', env);
  expect(await doomed.ended).toBe('SIGKILL');
  await using survivor = await startTestService(till, { nats, database });
  await survivor.settled();
  const db = survivor.context.db;
  expect(await db.selectFrom('bills').selectAll().execute()).toHaveLength(orders.length);
  expect(await db.selectFrom('noted').selectAll().execute()).toHaveLength(orders.length);
  const issued = await sql<{ n: string }>`SELECT count(*) AS n FROM events WHERE type = 'invoice.issued'`.execute(db);
  expect(issued.rows[0]?.n).toBe(String(orders.length));
});

test('the job of a killed worker is done by another worker after its lease', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url, ARCADIA_FAILPOINTS: 'job.claimed=kill' };
  const doomed = forkService('shop', env);
  await doomed.ready;
  await askService(nats, placeOrder, { order: 'ship-1', amount: 1 }, { actor });
  expect(await doomed.ended).toBe('SIGKILL');
  await using survivor = await startTestService(shop, { nats, database });
  await eventually(
    'the job is done',
    async () => {
      const runs = await sql<{ state: string }>`SELECT state FROM job_runs WHERE name = 'ship'`.execute(
        survivor.context.db,
      );
      return runs.rows[0]?.state === 'done';
    },
    { timeoutMs: 15_000 },
  );
  const ran = await sql`SELECT * FROM ran`.execute(survivor.context.db);
  expect(ran.rows).toHaveLength(1);
});
