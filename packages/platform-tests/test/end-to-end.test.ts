import { untilQuiet } from '@arcadia/platform';
import {
  askService,
  publishEvent,
  publishedEvents,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { billWritten, orderPlaced, placeOrder, readOrder, shop, till } from './echo-service.ts';

const actor = { subject: 'someone', tenant_id: 'acme', roles: ['tenant' as const] };

test('an order placed with one service is billed by the other', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ services: ['metering', 'invoicing'] });
  await using selling = await startTestService(shop, { nats, database: { url: database.urlOf('metering') } });
  await using billing = await startTestService(till, { nats, database: { url: database.urlOf('invoicing') } });

  const placed = await askService(nats, placeOrder, { order: 'chair', amount: 5 }, { actor });
  expect(placed).toEqual({ revision: 1 });
  await untilQuiet([selling, billing]);
  const bills = await billing.context.db.selectFrom('bills').selectAll().execute();
  expect(bills).toEqual([{ order_name: 'chair', revision: 1, amount: 5 }]);
  const published = await publishedEvents({ url: database.urlOf('invoicing') }, billWritten);
  expect(published.map((event) => event.data)).toEqual([{ order: 'chair', revision: 1, amount: 5 }]);
  expect(await askService(nats, readOrder, { order: 'chair' }, { actor })).toEqual({ revision: 1, amount: 5 });
  expect(await askService(nats, readOrder, { order: 'table' }, { actor })).toMatchObject({ refused: 'not-found' });

  const started = performance.now();
  for (let turn = 0; turn < 50; turn += 1) {
    await selling.context.request(placeOrder, { order: `o${turn}`, amount: 1 }, { actor });
    await untilQuiet([selling, billing]);
  }
  console.log(`a command, its event and waiting for quiet take ${((performance.now() - started) / 50).toFixed(1)} ms`);
});

test('a job triggered twice for one tick runs once', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  await service.runJob('nightly', '2026-04-02T01:10:00Z');
  await service.runJob('nightly', '2026-04-02T01:10:00Z');
  const ran = await sql`SELECT day, scheduled_at FROM ran`.execute(service.context.db);
  expect(ran.rows).toEqual([{ day: '2026-04-02', scheduled_at: '2026-04-02T01:10:00Z' }]);
  expect((await service.health()).ok).toBe(true);
});

test('a service consumes the events of another', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'invoicing' });
  await using service = await startTestService(till, { nats, database });
  const order = { order: 'desk', revision: 1, amount: 7, lines: [] };
  await publishEvent(nats, orderPlaced, order);
  await service.settled();
  const bills = await service.context.db.selectFrom('bills').selectAll().execute();
  expect(bills).toEqual([{ order_name: 'desk', revision: 1, amount: 7 }]);
});
