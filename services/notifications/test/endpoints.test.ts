import { isRefusal, notifications } from '@arcadia/contracts';
import { observeFailpoints } from '@arcadia/platform';
import { askService, eventually } from '@arcadia/testkit';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Receiver, startReceiver } from './receiver.ts';
import { openStage, operator, paid, type Stage, tenant } from './stage.ts';

let stage: Stage;
let receiver: Receiver;

beforeAll(async () => {
  stage = await openStage();
  receiver = await startReceiver();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.behave(null);
});
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

const one = async () => stage.endpoint(receiver.url());
const remove = (endpoint: { endpoint_id: string }) =>
  stage.get(notifications.deleteWebhookEndpoint, { endpoint_id: endpoint.endpoint_id });

test('a secret is shown once: no read shows it, a repetition does not, and the database holds it encrypted', async () => {
  const input = { url: receiver.url(), event_types: ['invoice.paid' as const] };
  const options = { actor: tenant('acme'), idempotencyKey: 'once' };
  const made = await askService(stage.nats, notifications.createWebhookEndpoint, input, options);
  if (isRefusal(made)) throw new Error(made.detail);
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(await askService(stage.nats, notifications.createWebhookEndpoint, input, options)).toEqual({
    ...made,
    secret: null,
  });
  const shown = await stage.get(notifications.getWebhookEndpoint, { endpoint_id: made.endpoint_id });
  expect(shown).not.toHaveProperty('secret');
  const key = made.secret?.slice(6) ?? '';
  const [row] = await stage.rows<{ all: string }>(
    'SELECT (SELECT jsonb_agg(s) FROM webhook_secrets s)::text || (SELECT jsonb_agg(e.payload) FROM events e)::text || (SELECT jsonb_agg(i) FROM idempotency i)::text AS all',
  );
  expect(row?.all).not.toContain(key);
  await remove(made);
});

test('a tenant sees, changes and reads the log of its own endpoints only', async () => {
  const endpoint = await one();
  const { endpoint_id } = endpoint;
  const other = tenant('globex');
  for (const contract of [
    notifications.getWebhookEndpoint,
    notifications.updateWebhookEndpoint,
    notifications.disableWebhookEndpoint,
    notifications.enableWebhookEndpoint,
    notifications.deleteWebhookEndpoint,
    notifications.rotateWebhookSecret,
    notifications.summarizeWebhookEndpoint,
    notifications.testWebhookEndpoint,
    notifications.listWebhookDeliveries,
  ])
    expect(await stage.request(contract, { endpoint_id }, other)).toMatchObject({ refused: 'not-found' });
  expect(await stage.get(notifications.listWebhookEndpoints, { tenant_id: 'acme' }, other)).toMatchObject({
    items: [],
  });
  expect((await stage.get(notifications.listWebhookEndpoints, {}, operator)).items).toHaveLength(1);
  await remove(endpoint);
});

test('a tenant may not subscribe to what only the operator is notified of', async () => {
  const input = { url: receiver.url(), event_types: ['drift.opened' as const] };
  expect(await stage.request(notifications.createWebhookEndpoint, input, tenant('acme'))).toMatchObject({
    refused: 'forbidden',
  });
  const operators = await stage.get(notifications.createWebhookEndpoint, input, operator);
  expect(operators.tenant_id).toBeNull();
  await remove(operators);
});

test.each([
  'http://hooks.example/x',
  'https://ada:secret@hooks.example/x',
  'https://10.0.0.1/x',
  'https://169.254.169.254/latest/meta-data',
  'https://[::ffff:10.0.0.1]/x',
  'https://[fe80::1]/x',
  'https://0x0a.1/',
  'https://167772161/',
  'https://intranet/x',
  'https://db.internal/x',
])('the URL %s is refused when an endpoint is made', async (url) => {
  const answer = await stage.request(
    notifications.createWebhookEndpoint,
    { url, event_types: ['invoice.paid'] },
    tenant('acme'),
  );
  expect(answer).toMatchObject({ refused: 'url-not-allowed' });
});

test('an event is signed so that an independent library accepts it, with every secret that is in force', async () => {
  const endpoint = await one();
  await stage.publishPaid(paid(1, { reference: 'Überweisung für März ✓' }));
  await stage.attempted(endpoint);
  const [first] = receiver.received;
  const verified = new Webhook(endpoint.secret ?? '').verify(first?.body ?? '', first?.headers ?? {});
  expect(verified).toMatchObject({
    type: 'invoice.paid',
    data: { number: 'INV-1', reference: 'Überweisung für März ✓' },
  });

  const rotated = await stage.get(notifications.rotateWebhookSecret, {
    endpoint_id: endpoint.endpoint_id,
    overlap_seconds: 60,
  });
  await stage.get(notifications.testWebhookEndpoint, { endpoint_id: endpoint.endpoint_id });
  await eventually('the test event arrives', () => receiver.received.length === 2);
  const second = receiver.received[1];
  for (const secret of [endpoint.secret, rotated.secret])
    expect(new Webhook(secret ?? '').verify(second?.body ?? '', second?.headers ?? {})).toMatchObject({
      type: 'webhook_endpoint.tested',
    });

  stage.clock.advance({ seconds: 61 });
  await stage.get(notifications.testWebhookEndpoint, { endpoint_id: endpoint.endpoint_id });
  await eventually('the second test event arrives', () => receiver.received.length === 3);
  const third = receiver.received[2];
  expect(() => new Webhook(endpoint.secret ?? '').verify(third?.body ?? '', third?.headers ?? {})).toThrow();
  new Webhook(rotated.secret ?? '').verify(third?.body ?? '', third?.headers ?? {});
  await remove(endpoint);
});

test('an endpoint is changed only in the version that was read, and what waits goes to the new URL', async () => {
  const endpoint = await one();
  const { endpoint_id } = endpoint;
  receiver.behave((_, response) => void response.writeHead(500).end());
  await stage.publishPaid(paid(2));
  await stage.attempted(endpoint);
  const changed = await stage.get(notifications.updateWebhookEndpoint, {
    endpoint_id,
    url: receiver.url('/new'),
    description: 'moved',
  });
  expect(changed).toMatchObject({ url: receiver.url('/new'), description: 'moved', event_types: ['invoice.paid'] });
  receiver.behave(null);
  stage.clock.advance({ minutes: 1 });
  await stage.deliver();
  expect(receiver.received.at(-1)?.path).toBe('/new');
  await remove(endpoint);
});

test('what occurs while an endpoint is disabled is skipped, and sent when it is replayed', async () => {
  const endpoint = await one();
  const { endpoint_id } = endpoint;
  await stage.get(notifications.disableWebhookEndpoint, { endpoint_id });
  expect(await stage.request(notifications.testWebhookEndpoint, { endpoint_id })).toMatchObject({
    refused: 'endpoint-disabled',
  });
  const from = stage.clock.now().toString();
  await stage.publishPaid(paid(3), paid(4));
  await eventually('both are in the log', async () => (await stage.deliveriesOf(endpoint)).length === 2);
  expect((await stage.deliveriesOf(endpoint)).map(({ status }) => status)).toEqual(['skipped', 'skipped']);
  expect(receiver.received).toEqual([]);
  await stage.get(notifications.enableWebhookEndpoint, { endpoint_id });
  expect(await stage.get(notifications.replayWebhookDeliveries, { endpoint_id, from })).toEqual({ replayed: 2 });
  await eventually('both arrive', () => receiver.received.length === 2);

  const [delivery] = await stage.deliveriesOf(endpoint);
  await stage.running.settled();
  const { delivery_id } = delivery ?? { delivery_id: '' };
  await stage.get(notifications.replayWebhookDelivery, { delivery_id });
  await eventually('one arrives again', () => receiver.received.length === 3);
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(2);
  await stage.running.settled();
  expect(await stage.get(notifications.getWebhookDelivery, { delivery_id })).toMatchObject({
    status: 'delivered',
    attempts: 2,
    recent_attempts: [{ number: 2, http_status: 200, answer: 'ok' }, { number: 1 }],
  });
  await remove(endpoint);
  expect(
    await stage.rows(
      'SELECT 1 FROM webhook_deliveries UNION ALL SELECT 1 FROM webhook_attempts UNION ALL SELECT 1 FROM webhook_secrets',
    ),
  ).toEqual([]);
});

test('an endpoint gets the events since it was made, of its own tenant; the operator those of all', async () => {
  await stage.publishPaid(paid(10));
  await stage.running.settled();
  stage.clock.advance({ seconds: 1 });
  const own = await one();
  const all = await stage.get(
    notifications.createWebhookEndpoint,
    { url: receiver.url('/all'), event_types: ['invoice.paid'] },
    operator,
  );
  await stage.publishPaid(paid(11), paid(12, { tenant_id: 'globex' }));
  await eventually('three deliveries arrive', () => receiver.received.length === 3);
  await stage.running.settled();
  const numbersAt = (path: string) =>
    receiver.received
      .filter((each) => each.path === path)
      .map(({ body }) => (JSON.parse(body) as { data: { number: string } }).data.number)
      .sort();
  expect(numbersAt('/')).toEqual(['INV-11']);
  expect(numbersAt('/all')).toEqual(['INV-11', 'INV-12']);
  await remove(own);
  await remove(all);
});

test('of endpoints that are made side by side no more come about than a tenant may have', async () => {
  const input = { url: receiver.url(), event_types: ['invoice.paid' as const] };
  const actor = tenant('many');
  const made = await Promise.all(
    Array.from({ length: 60 }, () => stage.request(notifications.createWebhookEndpoint, input, actor)),
  );
  expect(made.filter((each) => isRefusal(each) && each.refused === 'too-many-endpoints')).toHaveLength(10);
  await Promise.all(made.flatMap((each) => (isRefusal(each) ? [] : [remove(each)])));
});

test('an endpoint that is deleted while an attempt is being recorded leaves nothing in the log', async () => {
  const endpoint = await one();
  const recording = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  observeFailpoints((name) => {
    if (name !== 'webhook.recorded') return;
    recording.resolve();
    return held.promise;
  });
  await stage.publishPaid(paid(20));
  await recording.promise;
  const removed = remove(endpoint);
  await eventually('the deletion waits', async () => {
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return (await stage.rows(waiting)).length > 0;
  });
  observeFailpoints(null);
  held.resolve();
  await removed;
  await stage.running.settled();
  expect(await stage.rows('SELECT 1 FROM webhook_deliveries UNION ALL SELECT 1 FROM webhook_attempts')).toEqual([]);
});
