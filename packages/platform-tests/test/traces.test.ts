import {
  askService,
  publishEvent,
  startCollector,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced, placeOrder, ship, shop, till } from './echo-service.ts';
import { operator } from './stage.ts';

const traceparent = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
const traceOf = (digit: string): string => digit.repeat(32);

test('a batch of two traces is a trace of its own, and each of the two has a span that links to it', async () => {
  await using collector = await startCollector();
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'invoicing' });
  // Both messages wait on the stream before there is a consumer, which takes them as one batch.
  for (const digit of ['a', 'b']) {
    const order = { order: digit, revision: 1, amount: 1, lines: [] };
    await publishEvent(nats, orderPlaced, order, { headers: { traceparent: traceparent(digit) } });
  }
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  await using service = await startTestService(till, { nats, database, env });
  await service.settled();
  const consumed = () => collector.spans().filter(({ name }) => name === 'consume orders');
  await expect.poll(() => consumed().length).toBe(3);
  const ofBoth = consumed().find(({ traceId }) => traceId !== traceOf('a') && traceId !== traceOf('b'));
  expect(ofBoth?.links.toSorted()).toEqual([traceOf('a'), traceOf('b')]);
  for (const digit of ['a', 'b']) {
    const own = consumed().find(({ traceId }) => traceId === traceOf(digit));
    expect(own).toMatchObject({ parentSpanId: digit.repeat(16), links: [ofBoth?.traceId] });
  }
});

test('a job that waits belongs to the trace that it follows from, and a job for a certain instant does not', async () => {
  await using collector = await startCollector();
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  await using service = await startTestService(shop, { nats, database, env });
  const { tracing, transact, clock } = service.context;
  const orders = { now: 'a', later: 'b', 'at an instant': 'c' } as const;
  const delays = { now: {}, later: { delayMs: 10 }, 'at an instant': { runAt: clock.now() } } as const;
  for (const [order, digit] of Object.entries(orders) as [keyof typeof orders, string][]) {
    const span = { kind: 'server', parent: traceparent(digit) } as const;
    await tracing.span('test', span, () =>
      transact((tx) => tx.enqueue(ship, { order }, { cause: 'test', ...delays[order] })),
    );
  }
  const jobs = () => collector.spans().filter(({ name }) => name === 'job ship');
  await expect.poll(() => jobs().length).toBe(3);
  const traces = jobs().map(({ traceId }) => traceId);
  expect(traces).toContain(traceOf('a'));
  expect(traces).toContain(traceOf('b'));
  expect(traces).not.toContain(traceOf('c'));
});

test('a job that fails stays in its trace until its last attempt', async () => {
  await using collector = await startCollector();
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  await using service = await startTestService(shop, { nats, database, env });
  const span = { kind: 'server', parent: traceparent('a') } as const;
  await service.context.tracing.span('test', span, () =>
    service.context.transact((tx) => tx.enqueue(ship, { order: 'flaky' }, { cause: 'test' })),
  );
  const jobs = () => collector.spans().filter(({ name }) => name === 'job ship');
  await expect.poll(() => jobs().map(({ traceId }) => traceId)).toEqual(Array(3).fill(traceOf('a')));
});

test('without a collector, events and jobs have no header of a trace, and a request is answered as before', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'metering' });
  await using service = await startTestService(shop, { nats, database });
  const input = { order: 'ship-a', amount: 1 };
  expect(await askService(nats, placeOrder, input, { actor: operator })).toEqual({ revision: 1 });
  const { rows } = await sql`SELECT 1 FROM events WHERE headers::text LIKE '%traceparent%'`.execute(service.context.db);
  expect(rows).toEqual([]);
});
