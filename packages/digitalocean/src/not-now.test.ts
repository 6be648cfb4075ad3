import { describe, expect, it } from 'vitest';
import { createDigitalOcean } from './digitalocean.ts';

/** Recorded bodies of the provider's refusals: the status, the body, and the request that received it. */
const pending = { id: 'unprocessable_entity', message: 'Droplet already has a pending event.' };
const blocking = {
  id: 'unprocessable_entity',
  message: 'There are currently blocking events processing for one or more of the droplets.',
};
const invalid = { id: 'unprocessable_entity', message: 'request payload validation failed' };
const limit = { id: 'unprocessable_entity', message: 'creating this/these droplet(s) will exceed your droplet limit' };
const conflict = { id: 'conflict', message: 'The request could not be completed due to a conflict.' };
const size = { id: 'unprocessable_entity', message: 'You specified an invalid size for Droplet resize.' };

const answering = (status: number, body: object) =>
  createDigitalOcean({
    token: 't',
    write: true,
    retries: 0,
    fetch: async () => new Response(JSON.stringify(body), { status }),
  });

const act = (status: number, body: object) => answering(status, body).droplets.act(1, { type: 'shutdown' });
const remove = (status: number, body: object) => answering(status, body).droplets.delete(1);
const destroy = (status: number, body: object) => answering(status, body).droplets.destroyWith(1, {});
const look = (status: number, body: object) => answering(status, body).droplets.get(1);

describe('digitalocean: a refused request', () => {
  it.each([
    ['an action during a pending event', () => act(422, pending)],
    ['an action during a blocking event', () => act(422, blocking)],
    ['a deletion during a pending event', () => remove(422, pending)],
    ['a deletion for a reason that is not known', () => remove(422, invalid)],
    ['a deletion with associated resources', () => destroy(422, blocking)],
    ['an action that conflicts', () => act(409, conflict)],
    ['an action whose precondition does not hold', () => act(412, { id: 'precondition_failed', message: 'later' })],
    ['an action on a locked droplet', () => act(423, { id: 'locked', message: 'The droplet is locked.' })],
    [
      'an action above the rate limit',
      () => act(429, { id: 'too_many_requests', message: 'API rate limit exceeded.' }),
    ],
  ])('%s is refused for the present and took no effect', async (_, request) => {
    await expect(request()).rejects.toMatchObject({ isNotNow: true, outcomeUnknown: false });
  });

  it.each([
    ['invalid input', () => act(422, invalid)],
    ['an invalid size', () => act(422, size)],
    ['the droplet limit', () => act(422, limit)],
    ['a missing permission', () => remove(403, { id: 'forbidden', message: 'You are not authorized.' })],
    ['a read', () => look(422, pending)],
    ['an action that failed with an unknown result', () => act(500, { id: 'server_error', message: 'x' })],
  ])('%s is not a refusal for the present', async (_, request) => {
    await expect(request()).rejects.toMatchObject({ isNotNow: false });
  });

  it('a request that waits to be repeated ends at once when the signal aborts', async () => {
    const stop = new AbortController();
    const api = createDigitalOcean({
      token: 't',
      write: true,
      backoffMs: 30_000,
      fetch: async () => new Response('{}', { status: 503 }),
    }).within(stop.signal);
    const started = performance.now();
    const waiting = api.droplets.get(1);
    setTimeout(() => stop.abort(new Error('the service stops')), 50);
    await expect(waiting).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
