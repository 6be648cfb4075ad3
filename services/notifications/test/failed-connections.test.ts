import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { makeCertificate } from '@arcadia/mailbox-stand-in';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startNameServer } from './name-server.ts';
import { startRawServer, startReceiver } from './receiver.ts';
import { openStage, paid, type Stage } from './stage.ts';

const servers = new AsyncDisposableStack();
let stage: Stage;
const ports = { closed: 0, plain: 0, encrypted: 0, hangingUp: 0, resetting: 0, large: 0 };

beforeAll(async () => {
  const nameServer = servers.use(
    await startNameServer((name) => (name === 'twice.example' ? ['127.0.0.1', '::1'] : [])),
  );
  stage = servers.use(await openStage({ WEBHOOK_DNS: nameServer.address }));
  const receiver = servers.use(await startReceiver());
  ports.plain = receiver.port;
  const listening = async (server: ReturnType<typeof createTcpServer>): Promise<number> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.defer(() => void server.close());
    return (server.address() as AddressInfo).port;
  };
  ports.hangingUp = await listening(createTcpServer((socket) => void socket.once('data', () => socket.end())));
  ports.resetting = await listening(
    createTcpServer((socket) => void socket.once('data', () => socket.resetAndDestroy())),
  );
  ports.encrypted = await listening(createServer(makeCertificate()));
  ports.large = servers.use(
    await startRawServer(`HTTP/1.1 200 OK\r\n${'x-long: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(2_000)}`),
  ).port;
  const closed = createTcpServer();
  closed.listen(0, '127.0.0.1');
  await once(closed, 'listening');
  ports.closed = (closed.address() as AddressInfo).port;
  closed.close();
  await once(closed, 'close');
});
afterAll(() => servers.disposeAsync());

let events = 0;

test.each<[what: string, url: () => string, error: RegExp]>([
  [
    'that refuses connections',
    () => `http://127.0.0.1:${ports.closed}/`,
    /^the server refuses connections \(ECONNREFUSED\)$/,
  ],
  [
    // Node gives an attempt at several addresses no text of its own.
    'that refuses them at each address of its name',
    () => `https://twice.example:${ports.closed}/`,
    /^the server refuses connections \(ECONNREFUSED\)$/,
  ],
  [
    'that hangs up',
    () => `http://127.0.0.1:${ports.hangingUp}/`,
    /^the connection was closed without an answer \(ECONNRESET\)$/,
  ],
  [
    'that resets the connection',
    () => `http://127.0.0.1:${ports.resetting}/`,
    /^the connection was closed without an answer \(ECONNRESET\)$/,
  ],
  [
    'that does not encrypt',
    () => `https://127.0.0.1:${ports.plain}/`,
    /^no encrypted connection could be made \((EPROTO|ERR_SSL_\w+)\)$/,
  ],
  [
    'with a certificate of its own making',
    () => `https://127.0.0.1:${ports.encrypted}/`,
    /^its certificate is not from a trusted issuer, .+ \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
  ],
  [
    'with an endless head',
    () => `http://127.0.0.1:${ports.large}/`,
    /^the head of the answer is too large \(HPE_HEADER_OVERFLOW\)$/,
  ],
])('why a webhook did not reach a server %s is in its log in words, and it is tried again', async (_, url, error) => {
  events += 1;
  const endpoint = await stage.endpoint(url());
  await stage.publishPaid(paid(events));
  const delivery = await stage.attempted(endpoint);
  expect(delivery).toMatchObject({ status: 'pending', last_attempt: { http_status: null } });
  expect(delivery.last_attempt?.error).toMatch(error);
});
