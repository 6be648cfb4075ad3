import { invoicing, notifications } from '@arcadia/contracts';
import { armFailpoints } from '@arcadia/platform';
import { eventually, publishEvent, publishedEvents } from '@arcadia/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startNameServer } from './name-server.ts';
import { type Receiver, startRawServer, startReceiver } from './receiver.ts';
import { openStage, operator, type Paid, paid, type Stage } from './stage.ts';

let stage: Stage;
let receiver: Receiver;
/** The addresses of each name, by the number of the query. */
const names = new Map<string, (query: number) => readonly string[] | 'silent'>();
let nameServer: Awaited<ReturnType<typeof startNameServer>>;

beforeAll(async () => {
  nameServer = await startNameServer((name, query) => names.get(name)?.(query) ?? []);
  stage = await openStage({ WEBHOOK_DNS: nameServer.address });
  receiver = await startReceiver();
});
afterEach(async () => {
  armFailpoints('');
  for (const { endpoint_id } of (await stage.get(notifications.listWebhookEndpoints, {})).items)
    await stage.get(notifications.deleteWebhookEndpoint, { endpoint_id });
  await stage.running.settled();
  receiver.behave(null);
  receiver.received.length = 0;
});
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
  await nameServer?.[Symbol.asyncDispose]();
});

let events = 0;
/** An event of its own for each use: the stream drops one that it has seen. */
const nextPaid = (given: Partial<Paid> = {}): Paid => {
  events += 1;
  return paid(events, given);
};

const secondsUntilNext = (delivery: { next_attempt_at: string | null }): number =>
  Temporal.Instant.from(delivery.next_attempt_at ?? '')
    .since(stage.clock.now())
    .total('seconds');
const publishedDisabled = () => publishedEvents(stage.database, notifications.webhookEndpointDisabled);

test('an event that is delivered twice by the stream is sent once', async () => {
  const endpoint = await stage.endpoint(receiver.url());
  const twice = nextPaid();
  await stage.publishPaid(twice);
  await stage.attempted(endpoint);
  await publishEvent(stage.nats, invoicing.invoicePaid, twice, { headers: { 'Nats-Msg-Id': 'again' } });
  await stage.publishPaid(nextPaid());
  await eventually('the second event arrives', () => receiver.received.length >= 2);
  await stage.running.settled();
  expect(await stage.deliveriesOf(endpoint)).toHaveLength(2);
  expect(receiver.received).toHaveLength(2);
});

test('a refused event is tried again with the same id, later each time, until it is accepted', async () => {
  const endpoint = await stage.endpoint(receiver.url());
  receiver.behave(
    (_, response, count) => void response.writeHead(count < 4 ? 500 : 204).end(count < 4 ? 'broken' : ''),
  );
  await stage.publishPaid(nextPaid());
  const waits: number[] = [];
  for (const attempt of [1, 2, 3]) {
    const delivery = await stage.attempted(endpoint, attempt);
    expect(delivery).toMatchObject({
      status: 'pending',
      last_attempt: { number: attempt, http_status: 500, answer: 'broken', error: 'answered 500' },
    });
    waits.push(secondsUntilNext(delivery));
    stage.clock.advance({ seconds: Math.ceil(waits.at(-1) ?? 0) });
  }
  expect(await stage.attempted(endpoint, 4)).toMatchObject({ status: 'delivered', next_attempt_at: null });
  for (const [at, wait] of [10, 30, 90].entries()) {
    expect(waits[at]).toBeGreaterThanOrEqual(wait * 0.8);
    expect(waits[at]).toBeLessThanOrEqual(wait * 1.2);
  }
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
});

test('a server that asks to wait is left alone with all its events until then', async () => {
  const endpoint = await stage.endpoint(receiver.url());
  receiver.behave((_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end());
  await stage.publishPaid(nextPaid());
  expect(secondsUntilNext(await stage.attempted(endpoint))).toBe(3600);
  await stage.publishPaid(nextPaid());
  await stage.running.settled();
  expect(receiver.received).toHaveLength(1);
  receiver.behave(null);
  stage.clock.advance({ seconds: 3600 });
  await stage.deliver();
  await eventually('both arrive', () => receiver.received.length === 3);
});

test('an endpoint that answers 410 is disabled, with an alarm', async () => {
  const operators = await stage.get(
    notifications.createWebhookEndpoint,
    { url: receiver.url('/operator'), event_types: ['webhook_endpoint.disabled'] },
    operator,
  );
  const endpoint = await stage.endpoint(receiver.url('/gone'));
  receiver.behave(({ path }, response) => void response.writeHead(path === '/gone' ? 410 : 200).end());
  const before = (await publishedDisabled()).length;
  await stage.publishPaid(nextPaid());
  expect(await stage.attempted(endpoint)).toMatchObject({ status: 'failed' });
  const { endpoint_id } = endpoint;
  expect(await stage.get(notifications.getWebhookEndpoint, { endpoint_id })).toMatchObject({
    status: 'disabled',
    disabled_because: 'gone',
  });
  expect((await publishedDisabled()).slice(before)).toMatchObject([{ data: { endpoint_id, because: 'gone' } }]);
  expect(await stage.attempted(operators)).toMatchObject({ type: 'webhook_endpoint.disabled', status: 'delivered' });
});

test('an endpoint that fails for about three days is disabled, with an alarm; its other events are skipped', async () => {
  const endpoint = await stage.endpoint(receiver.url());
  receiver.behave((_, response) => void response.writeHead(500).end());
  const before = (await publishedDisabled()).length;
  const begin = stage.clock.now();
  await stage.publishPaid(nextPaid());
  for (let attempt = 1; attempt < 14; attempt += 1) {
    const delivery = await stage.attempted(endpoint, attempt);
    stage.clock.set(delivery.next_attempt_at ?? '');
    if (attempt === 13) await stage.publishPaid(nextPaid());
    await stage.deliver();
  }
  await eventually('it is disabled', async () => (await publishedDisabled()).length > before);
  const hours = stage.clock.now().since(begin).total('hours');
  expect(hours).toBeGreaterThan(48);
  expect(hours).toBeLessThan(96);
  await stage.running.settled();
  expect((await stage.deliveriesOf(endpoint)).map(({ status }) => status).sort()).toEqual(['failed', 'skipped']);
  const [event] = (await publishedDisabled()).slice(before);
  expect(event?.data).toMatchObject({ because: 'failing', failing_since: begin.toString() });
});

test.each([
  ['a redirect to a private address', 'answered 302; redirects are not followed', 302],
  ['an answer that never comes', 'no answer within 1000 ms', null],
  ['an answer of many megabytes', null, 200],
  ['an answer whose body never ends', null, 200],
] as const)('%s is recorded for what it is', async (what, error, status) => {
  const endpoint = await stage.endpoint(receiver.url());
  receiver.behave((_, response) => {
    if (what.startsWith('a redirect')) response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    else if (what.includes('megabytes')) response.end(Buffer.alloc(20_000_000, 'x'));
    else if (what.includes('body')) response.write('begun');
    else return 'never';
  });
  await stage.publishPaid(nextPaid());
  const delivery = await stage.attempted(endpoint);
  expect(delivery).toMatchObject({
    status: status === 200 ? 'delivered' : 'pending',
    last_attempt: { http_status: status, error },
  });
  expect(delivery.last_attempt?.answer?.length ?? 0).toBeLessThanOrEqual(1_024);
  expect(receiver.received).toHaveLength(1);
});

test.each([
  ['no HTTP at all', 'hello\r\n\r\n'],
  [
    'NUL and broken UTF-8',
    Buffer.concat([
      Buffer.from('HTTP/1.1 500 X\r\ncontent-length: 6\r\n\r\n'),
      Buffer.from([0, 0xff, 0xfe, 0, 0xc3, 0x28]),
    ]),
  ],
  ['a change of the protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhello'],
  ['hints without an answer', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(50)],
  ['a length that is negative', 'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['endless headers', `HTTP/1.1 200 OK\r\n${'x-long: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(2_000)}`],
])('garbage, %s, is recorded and tried again', async (_, bytes) => {
  await using server = await startRawServer(bytes);
  const endpoint = await stage.endpoint(`http://127.0.0.1:${server.port}/`);
  await stage.publishPaid(nextPaid());
  const delivery = await stage.attempted(endpoint);
  expect(delivery.status).toBe('pending');
  expect(delivery.last_attempt?.error).toBeTruthy();
});

test('a name that resolves to a private address is not connected to, though one of its addresses is public', async () => {
  names.set('inside.example', () => ['198.41.0.4', '10.1.2.3']);
  const endpoint = await stage.endpoint('https://inside.example/hook');
  await stage.publishPaid(nextPaid());
  expect((await stage.attempted(endpoint)).last_attempt?.error).toBe(
    'inside.example resolves to 10.1.2.3, which is not public',
  );
});

test('a name that resolves to a private address once it was checked is checked again for each connection', async () => {
  // Loopback is allowed in this stage, so the first address is reached and the second is refused.
  names.set('rebind.example', (query) => (query <= 1 ? ['127.0.0.1'] : ['169.254.169.254']));
  const endpoint = await stage.endpoint(`https://rebind.example:${receiver.port}/`);
  await stage.publishPaid(nextPaid());
  const first = await stage.attempted(endpoint);
  // The receiver speaks no TLS: the connection itself was made, to the address that was checked.
  expect(first.last_attempt?.error).not.toContain('not public');
  stage.clock.advance({ minutes: 1 });
  await stage.deliver();
  expect((await stage.attempted(endpoint, 2)).last_attempt?.error).toBe(
    'rebind.example resolves to 169.254.169.254, which is not public',
  );
});

test('a name without an address, and a name server that is silent, are recorded', async () => {
  names.set('silent.example', () => 'silent');
  const absent = await stage.endpoint('https://absent.example/');
  const silent = await stage.endpoint('https://silent.example/');
  await stage.publishPaid(nextPaid());
  expect((await stage.attempted(absent)).last_attempt?.error).toBe('absent.example has no address');
  expect((await stage.attempted(silent)).last_attempt?.error).toBe('no answer within 1000 ms');
});

test('an endpoint that never answers holds no other one up, and gets few requests at a time', async () => {
  const slow = await stage.endpoint(receiver.url('/slow'));
  const fast = await stage.endpoint(receiver.url('/fast'), { tenant_id: 'globex' });
  receiver.behave(({ path }, response) => (path === '/slow' ? 'never' : void response.end()));
  await stage.publishPaid(...Array.from({ length: 300 }, () => nextPaid()));
  await eventually('the slow endpoint has requests', () => receiver.received.length > 0);
  await stage.publishPaid(...Array.from({ length: 300 }, () => nextPaid({ tenant_id: 'globex' })));
  await eventually('all of the fast endpoint are delivered', async () => {
    const { delivered } = await stage.get(notifications.summarizeWebhookEndpoint, { endpoint_id: fast.endpoint_id });
    return delivered === 300;
  });
  const slowly = receiver.received.filter(({ path }) => path === '/slow').length;
  expect(slowly).toBeLessThanOrEqual(20);
  await eventually('its failure is noted', async () => {
    const { endpoint_id } = slow;
    const { pending, failing_since } = await stage.get(notifications.summarizeWebhookEndpoint, { endpoint_id });
    return pending === 300 && failing_since !== null;
  });
});

test.each(['webhook.claimed', 'webhook.sent', 'webhook.recorded', 'consumer.before-commit'])(
  'after a crash at %s an event is sent at least once, with one id',
  async (point) => {
    const endpoint = await stage.endpoint(receiver.url());
    armFailpoints(`${point}=throw`);
    await stage.publishPaid(nextPaid());
    await eventually(
      'it was claimed or the consumer tries again',
      async () => (await stage.deliveriesOf(endpoint)).length === 1,
    );
    await stage.running.settled();
    // The lease of what was claimed ends.
    stage.clock.advance({ minutes: 2 });
    await stage.deliver();
    expect(await stage.attempted(endpoint)).toMatchObject({ status: 'delivered' });
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids.length).toBeGreaterThanOrEqual(1);
    expect(new Set(ids).size).toBe(1);
  },
);

test('a secret that was encrypted with an unknown key is an error in the log, not a wrong signature', async () => {
  const endpoint = await stage.endpoint(receiver.url());
  await stage.rows("UPDATE webhook_secrets SET sealed = 'v1.00000000.AAAA.AAAA'");
  await stage.publishPaid(nextPaid());
  expect((await stage.attempted(endpoint)).last_attempt?.error).toContain('NOTIFICATIONS_KEY');
  expect(receiver.received).toEqual([]);
});
