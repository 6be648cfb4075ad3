import { randomBytes } from 'node:crypto';
import { type Actor, serviceActor } from '@arcadia/contracts';
import { describe, expect, test } from 'vitest';
import { requestSignerOf } from '../kernel/request-keys.ts';
import { privateActorKey, publicActorKey, publicTextOf } from './actor-keys.ts';
import { type RequestHead, signedRequests, unsignedRequests } from './request-signature.ts';

const keyOf = () => randomBytes(32).toString('base64url');
const keys = { gateway: keyOf(), operator: keyOf(), drift: keyOf(), invoicing: keyOf(), metering: keyOf() };
const known = new Map(Object.entries(keys).map(([name, key]) => [name, [publicActorKey(publicTextOf(key))]]));
const start = Date.parse('2026-04-01T00:00:00Z');
const as = (name: keyof typeof keys, now = () => start, key = keys[name]) =>
  signedRequests({ name, own: privateActorKey(key), known }, now);

const admin: Actor = { subject: 'ann', tenant_id: null, roles: ['platform_admin'] };
const tenant: Actor = { subject: 'bób', tenant_id: 'acme', roles: ['tenant'] };
const headOf = (actor: Actor, more: Partial<RequestHead> = {}): RequestHead => ({
  ...{ actor, timeLeftMs: 5_000, idempotencyKey: null, ifMatch: null, traceparent: null, requestId: null },
  ...more,
});
const subject = 'ask.invoicing.plans.create';
const body = '{"slug":"stüdio"}';
const request = { subject, body };
const received = (change: { subject?: string; body?: string; isOnce?: boolean } = {}) => ({
  subject: change.subject ?? subject,
  body: new TextEncoder().encode(change.body ?? body),
  isOnce: change.isOnce ?? false,
});

test('the head of a request that the gateway signs is read by the service that answers, with every option', () => {
  const full = headOf(tenant, {
    ...{ idempotencyKey: 'a.b~c ü', ifMatch: '"1", "2"', requestId: '7f3c-1c', timeLeftMs: 1 },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
  const [gateway, reader] = [as('gateway'), as('invoicing')];
  for (const head of [headOf(admin), full, headOf(tenant)])
    expect(reader.verify(gateway.sign(head, request), received())).toEqual(head);
});

describe('nothing is read from', () => {
  const genuine = as('gateway').sign(headOf(tenant, { idempotencyKey: 'k' }), request);
  const parts = genuine.split('.');
  const changed = (index: number, text: string) => parts.with(index, text).join('.');
  const actorText = as('gateway').sign(headOf(admin), request).split('.')[5] ?? '';
  const forged: Record<string, string> = {
    'an unsigned request': unsignedRequests().sign(headOf(admin), request),
    'another actor under a genuine signature': changed(5, actorText),
    'a later time under a genuine signature': changed(2, String(start + 30_000)),
    'another sender under a genuine signature': changed(3, 'operator'),
    'another deadline under a genuine signature': changed(4, '999999'),
    'another idempotency key under a genuine signature': changed(6, 'eA'),
    'another If-Match under a genuine signature': changed(7, 'eA'),
    'another request id under a genuine signature': changed(9, 'x'),
    'another nonce under a genuine signature': changed(1, 'x'),
    'a key that is not known': as('gateway', () => start, keyOf()).sign(headOf(admin), request),
    'the key of another service': as('gateway', () => start, keys.drift).sign(headOf(admin), request),
    'a service that does not send this request': as('drift').sign(headOf(serviceActor('drift')), request),
    'a service that names itself the gateway': signedRequests({
      ...{ name: 'gateway', own: privateActorKey(keys.drift), known },
    }).sign(headOf(admin), request),
    'a signature for another service': as('gateway').sign(headOf(tenant), { subject: 'ask.metering.x', body }),
    'a signature that is cut': changed(0, (parts[0] ?? '').slice(0, -4)),
    'no signature': changed(0, ''),
    'two wrong signatures': changed(0, `${'A'.repeat(43)}~${'A'.repeat(43)}`),
    'a part too many': `${genuine}.x`,
    'a part too few': parts.slice(0, -1).join('.'),
    'an empty header': '',
    'an actor that is no base64url': changed(5, '%%%'),
    'an actor that is no object': changed(5, Buffer.from('null').toString('base64url')),
    'a time that is no number': changed(2, 'x'),
  };
  test.each(Object.entries(forged))('%s', (_, text) => {
    const reader = as('invoicing');
    expect(reader.verify(genuine, received())).toMatchObject({ actor: tenant });
    expect(reader.verify(text, received())).toEqual({ fault: expect.any(String) });
  });

  test('a genuine header beside another body or on another subject', () => {
    const reader = as('invoicing');
    for (const change of [{ body: `${body} ` }, { body: '' }, { subject: 'ask.invoicing.plans.list' }])
      expect(reader.verify(genuine, received(change))).toEqual({
        fault: expect.stringContaining('not one of gateway for this actor, subject and body'),
      });
  });

  test('a genuine header more than a minute before or after its time', () => {
    const readAt = (ms: number) => as('invoicing', () => start + ms).verify(genuine, received());
    expect([readAt(60_000), readAt(-60_000)]).toMatchObject([{ actor: tenant }, { actor: tenant }]);
    expect([readAt(60_001), readAt(-60_001)]).toEqual(
      Array.from({ length: 2 }, () => ({ fault: expect.stringMatching(/was signed -?60 s ago/) })),
    );
  });
});

test('a command is received once, however its signature is written, and a read as often as it is sent', () => {
  let now = start;
  const [gateway, reader] = [as('gateway', () => now), as('invoicing', () => now)];
  const header = gateway.sign(headOf(admin), request);
  const again = header.replace('.', '~x.');
  const isRead = (text: string, isOnce: boolean) => !('fault' in reader.verify(text, received({ isOnce })));
  expect([isRead(header, false), isRead(header, false)]).toEqual([true, true]);
  expect([isRead(header, true), isRead(header, true), isRead(again, true)]).toEqual([true, false, false]);
  now += 60_000;
  expect(isRead(header, true)).toBe(false);
  // The same command of the same instant, sent by the caller a second time.
  const [one, other] = [gateway.sign(headOf(admin), request), gateway.sign(headOf(admin), request)];
  expect([isRead(one, true), isRead(other, true)]).toEqual([true, true]);
});

test('a service signs the requests that it sends, and the operator all', () => {
  const asked = 'ask.metering.periods.close';
  const close = { subject: asked, body };
  const read = (header: string, reader: keyof typeof keys, on: string) =>
    as(reader).verify(header, received({ subject: on }));
  expect(read(as('gateway').sign(headOf(admin), close), 'metering', asked)).toEqual(headOf(admin));
  const operating = 'ask.drift.jobs.requeue';
  const requeue = { subject: operating, body };
  expect(read(as('operator').sign(headOf(admin), requeue), 'drift', operating)).toEqual(headOf(admin));
  // Invoicing sends no such request, so its signature proves no actor for it.
  expect(read(as('invoicing').sign(headOf(admin), requeue), 'drift', operating)).toHaveProperty('fault');
});

/** The settings of a service while the keys of these names are replaced. */
const settings = (name: keyof typeof keys, own: string, replaced: Partial<typeof keys>) => {
  const listed = [...Object.entries(keys), ...Object.entries(replaced)];
  return requestSignerOf(name, {
    NATS_URL: 'nats://u:p@localhost:4222',
    ACTOR_KEYS: listed.map(([each, key]) => `${each}:${publicTextOf(key)}`).join(', '),
    ACTOR_SIGNING_KEY: own,
  });
};

test('while the keys of sender and receiver are replaced, no request is refused', () => {
  const next = { gateway: keyOf(), invoicing: keyOf() };
  for (const sender of [keys.gateway, next.gateway])
    for (const receiver of [keys.invoicing, next.invoicing]) {
      const header = settings('gateway', sender, next).sign(headOf(admin), request);
      expect(settings('invoicing', receiver, next).verify(header, received())).toEqual(headOf(admin));
    }
});

test('with a NATS login the keys are required, and a wrong one is named', () => {
  const login = { NATS_URL: 'nats://localhost:4222', NATS_USER: 'drift', NATS_PASSWORD: 'x' };
  const own = `drift:${publicTextOf(keys.drift)}`;
  const withKeys = (ACTOR_KEYS: string, ACTOR_SIGNING_KEY = keys.drift) =>
    requestSignerOf('drift', { ...login, ACTOR_SIGNING_KEY, ACTOR_KEYS });
  expect(() => requestSignerOf('drift', login)).toThrow('drift needs ACTOR_SIGNING_KEY and ACTOR_KEYS');
  expect(() => withKeys(own, 'x')).toThrow('ACTOR_SIGNING_KEY holds');
  expect(() => withKeys(`${own},gateway:x`)).toThrow('ACTOR_KEYS holds');
  expect(() => withKeys(`${own},gateway:${'A'.repeat(43)}`)).toThrow('ACTOR_KEYS holds');
  expect(() => withKeys(`drift:${publicTextOf(keys.gateway)}`)).toThrow(`does not list ${own}`);
  expect(() => withKeys(own).sign(headOf(admin), request)).toThrow('lists no key of invoicing');
  const header = requestSignerOf('drift', { NATS_URL: 'nats://localhost:4222' }).sign(headOf(admin), request);
  expect(requestSignerOf('drift', { NATS_URL: 'nats://localhost:4222' }).verify(header, received())).toEqual(
    headOf(admin),
  );
});
