import { randomBytes } from 'node:crypto';
import { type Actor, serviceActor } from '@arcadia/contracts';
import { describe, expect, test } from 'vitest';
import { actorHeaderOf } from '../kernel/actor-keys.ts';
import { privateActorKey, publicActorKey, publicTextOf, signedActors, unsignedActors } from './actor-signature.ts';

const keyOf = () => randomBytes(32).toString('base64url');
const keys = { gateway: keyOf(), operator: keyOf(), drift: keyOf(), invoicing: keyOf() };
const trusted = new Map(Object.entries(keys).map(([name, key]) => [name, [publicActorKey(publicTextOf(key))]]));
const start = Date.parse('2026-04-01T00:00:00Z');
const as = (name: keyof typeof keys, now = () => start, key = keys[name]) =>
  signedActors({ name, own: privateActorKey(key), trusted }, now);

const admin: Actor = { subject: 'ann', tenant_id: null, roles: ['platform_admin'] };
const tenant: Actor = { subject: 'bob', tenant_id: 'acme', roles: ['tenant'] };
const subject = 'ask.invoicing.plans.create';

test('the actor that the gateway signs is read by the service that answers, however often', () => {
  const text = as('gateway').write(admin, subject);
  const reader = as('invoicing');
  expect([reader.read(text, subject), reader.read(text, subject)]).toEqual([admin, admin]);
});

test('one signature serves the requests of half a minute, and each actor and subject has its own', () => {
  let now = start;
  const gateway = as('gateway', () => now);
  const first = gateway.write(admin, subject);
  now += 29_000;
  expect(gateway.write(admin, subject)).toBe(first);
  now += 2_000;
  expect(gateway.write(admin, subject)).not.toBe(first);
  expect(gateway.write(tenant, subject)).not.toBe(gateway.write(admin, subject));
  expect(gateway.write(admin, 'ask.invoicing.plans.list')).not.toBe(gateway.write(admin, subject));
});

describe('no actor is read from', () => {
  const genuine = as('gateway').write(tenant, subject);
  const [content = '', signature = ''] = genuine.split('.');
  const changed = (change: object) => {
    const fields = { ...JSON.parse(Buffer.from(content, 'base64url').toString('utf8')), ...change };
    return `${Buffer.from(JSON.stringify(fields)).toString('base64url')}.${signature}`;
  };
  const forged: Record<string, string> = {
    'an unsigned actor': unsignedActors().write(admin, subject),
    'another actor under a genuine signature': changed({ actor: admin }),
    'another subject under a genuine signature': changed({ for: 'ask.invoicing.plans.list' }),
    'a later time under a genuine signature': changed({ until: start + 110_000 }),
    'another signer under a genuine signature': changed({ by: 'operator' }),
    'a signature of a key that is not known': as('gateway', () => start, keyOf()).write(admin, subject),
    'a signature with the key of another service': as('gateway', () => start, keys.drift).write(admin, subject),
    'a service that does not send this request': as('drift').write(serviceActor('drift'), subject),
    'a signature that is cut': genuine.slice(0, -4),
    'content without a signature': `${content}.`,
    'three parts': `${genuine}.${signature}`,
    'an empty header': '',
    'no base64': '%%%.%%%',
    'JSON that is no object': `${Buffer.from('null').toString('base64url')}.${signature}`,
  };
  test.each(Object.entries(forged))('%s', (_, text) => {
    const reader = as('invoicing');
    expect(reader.read(genuine, subject)).toEqual(tenant);
    expect(reader.read(text, subject)).toBeNull();
  });

  test('a genuine header of another subject, or of another time', () => {
    expect(as('invoicing').read(genuine, 'ask.invoicing.plans.list')).toBeNull();
    const readAt = (ms: number) => as('invoicing', () => start + ms).read(genuine, subject);
    expect([readAt(119_000), readAt(-59_000)]).toEqual([tenant, tenant]);
    expect([readAt(121_000), readAt(-61_000)]).toEqual([null, null]);
  });
});

test('a service proves actors for the requests that it sends, and the operator for all', () => {
  const asked = 'ask.metering.periods.close';
  expect(as('gateway').read(as('invoicing').write(admin, asked), asked)).toEqual(admin);
  const operating = 'ask.drift.jobs.requeue';
  expect(as('gateway').read(as('operator').write(admin, operating), operating)).toEqual(admin);
  // Invoicing sends no such request, so its signature proves no actor for it.
  expect(as('drift').read(as('invoicing').write(admin, operating), operating)).toBeNull();
});

test('while a key is replaced, signatures of the old and of the new one are believed', () => {
  const next = keyOf();
  const ACTOR_KEYS = `gateway:${publicTextOf(keys.gateway)}, gateway:${publicTextOf(next)}`;
  const env = { NATS_URL: 'nats://u:p@localhost:4222', ACTOR_KEYS, ACTOR_SIGNING_KEY: keys.invoicing };
  const reader = actorHeaderOf('invoicing', env);
  for (const key of [keys.gateway, next])
    expect(reader.read(as('gateway', Date.now, key).write(admin, subject), subject)).toEqual(admin);
});

test('with a NATS login the keys are required, and a wrong one is named', () => {
  const login = { NATS_URL: 'nats://localhost:4222', NATS_USER: 'drift', NATS_PASSWORD: 'x' };
  expect(() => actorHeaderOf('drift', login)).toThrow('drift needs ACTOR_SIGNING_KEY and ACTOR_KEYS');
  expect(() => actorHeaderOf('drift', { ...login, ACTOR_SIGNING_KEY: 'x', ACTOR_KEYS: 'gateway:x' })).toThrow(
    'ACTOR_KEYS holds',
  );
  const text = actorHeaderOf('drift', { NATS_URL: 'nats://localhost:4222' }).write(admin, subject);
  expect(actorHeaderOf('drift', { NATS_URL: 'nats://localhost:4222' }).read(text, subject)).toEqual(admin);
});
