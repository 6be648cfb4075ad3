import type { Actor } from '@arcadia/contracts';
import {
  type Bus,
  busRights,
  connectBus,
  createLog,
  installerRights,
  operatorRights,
  publishInOrder,
  type RequestSigner,
  requestSignerOf,
  sendRequest,
  startInstaller,
} from '@arcadia/platform';
import {
  startTestService,
  type TestNats,
  testActorVariables,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { placeOrder, readOrder, shop, till } from './echo-service.ts';
import { operator } from './stage.ts';

const log = createLog({ name: 'test', level: 'silent' });
const login = (name: string) => ({ NATS_USER: name, NATS_PASSWORD: 'x', ...testActorVariables(name) });
const subject = 'ask.metering.order.place';

const headOf = (actor: Actor): Parameters<RequestSigner['sign']>[0] => ({
  ...{ actor, timeLeftMs: 5_000, idempotencyKey: null, ifMatch: null, traceparent: null, requestId: null },
});

const connectAs = (nats: TestNats, name: string, isSigning = true): Promise<Bus> =>
  connectBus(
    { servers: [nats.url], user: name, pass: 'x' },
    { name, log, ...(isSigning ? { signer: requestSignerOf(name, { NATS_URL: nats.url, ...login(name) }) } : {}) },
  );

/** The shop on a server with logins, and what an attempt to place an order has left. */
async function openShop() {
  const stack = new AsyncDisposableStack();
  const services = [shop, till].map((definition) => ({ name: definition.name, ...busRights(definition as never) }));
  const users = [...services, { name: 'installer', ...installerRights }, { name: 'operator', ...operatorRights }];
  const nats = stack.use(await throwawayNats({ users: users.map((user) => ({ ...user, password: 'x' })) }));
  const database = stack.use(await throwawayDatabase({ service: 'metering' }));
  const installer = await startInstaller({ env: { NATS_URL: nats.url, ...login('installer') }, log });
  stack.defer(() => installer.stop());
  const selling = stack.use(await startTestService(shop, { nats, database, env: login('metering') }));
  const as = async (name: string, isSigning?: boolean) => {
    const bus = await connectAs(nats, name, isSigning);
    stack.defer(() => bus.close());
    return bus;
  };
  const orders = async () =>
    (await sql<{ name: string }>`SELECT name FROM orders ORDER BY name`.execute(selling.context.db)).rows.map(
      ({ name }) => name,
    );
  return { as, orders, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('a request is answered with a signed actor only, of a signer who may send it', async () => {
  await using stage = await openShop();
  const place = (bus: Bus, order: string) => sendRequest(bus, placeOrder, { order, amount: 1 }, { actor: operator });
  expect(await place(await stage.as('operator'), 'signed')).toMatchObject({ revision: 1 });
  expect(await place(await stage.as('operator', false), 'unsigned')).toMatchObject({
    refused: 'forbidden',
    detail: expect.stringContaining('needs an actor, signed by its sender'),
  });
  // The header of another request, as its receiver saw it.
  const bus = await stage.as('operator');
  const replaying = (header: string): Bus => ({ ...bus, signer: { ...bus.signer, sign: () => header } });
  const seen = (request: { subject: string; body: string }) => bus.signer.sign(headOf(operator), request);
  const other = { subject: 'ask.metering.order.read', body: JSON.stringify({ order: 'replayed', amount: 1 }) };
  expect(await place(replaying(seen(other)), 'replayed')).toMatchObject({ refused: 'forbidden' });
  const honest = { subject, body: JSON.stringify({ order: 'twice', amount: 1 }) };
  const header = seen(honest);
  expect(await place(replaying(header), 'replayed')).toMatchObject({ refused: 'forbidden' });
  expect(await place(replaying(header), 'twice')).toMatchObject({ revision: 1 });
  expect(await place(replaying(header), 'twice')).toMatchObject({
    refused: 'forbidden',
    detail: expect.stringContaining('was received before'),
  });
  expect(await sendRequest(bus, readOrder, { order: 'signed' }, { actor: operator })).not.toMatchObject({
    refused: 'forbidden',
  });
  expect(await stage.orders()).toEqual(['signed', 'twice']);
});

test('a message that a service pulls from a stream onto the subject of a request is not answered, whatever its headers', async () => {
  await using stage = await openShop();
  const thief = await stage.as('invoicing');
  // Even with a signature of the operator, which a service does not have.
  const payload = JSON.stringify({ order: 'stolen', amount: 1 });
  const header = (await stage.as('operator')).signer.sign(headOf(operator), { subject, body: payload });
  await publishInOrder(thief, 'JOBS', [
    { subject: 'job.invoicing.x', payload, headers: { 'arcadia-request': header } },
  ]);
  const consumer = 'invoicing_replay_1';
  const config = { name: consumer, ack_policy: 'none', filter_subject: 'job.invoicing.>', inactive_threshold: 60e9 };
  const created = await thief.nc.request(
    `$JS.API.CONSUMER.CREATE.JOBS.${consumer}.job.invoicing.>`,
    JSON.stringify({ stream_name: 'JOBS', config }),
  );
  expect(created.json()).toMatchObject({ num_pending: 1 });
  thief.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.JOBS.${consumer}`, '1', { reply: subject });
  await thief.nc.flush();
  const info = async () =>
    (await (await stage.as('operator')).jsm.consumers.info('JOBS', consumer)).delivered.stream_seq;
  await expect.poll(info).toBe(1);
  // A request that is sent afterwards is answered afterwards.
  await sendRequest(await stage.as('operator'), placeOrder, { order: 'honest', amount: 1 }, { actor: operator });
  expect(await stage.orders()).toEqual(['honest']);
});
