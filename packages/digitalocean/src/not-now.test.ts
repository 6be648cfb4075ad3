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
const unprocessable = (message: string) => ({ id: 'unprocessable_entity', message });

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
    ['an action on a locked droplet, with 422', () => act(422, unprocessable('This droplet is currently locked.'))],
    ['a resize of a database that is resized', () => act(422, unprocessable('The cluster is still being resized.'))],
    ['a change of a database that is resizing', () => act(422, unprocessable('database cluster is resizing'))],
    ['a change of a database that is not online', () => act(422, unprocessable('cluster is not online'))],
    [
      'a change during an earlier one',
      () => act(422, unprocessable("The load balancer can't be updated while it processes previous actions")),
    ],
    [
      'an error in the other shape, whose messages hold the reason',
      () => act(422, { error: 'unprocessable', messages: ['Droplet already has a pending event.'], root_causes: [] }),
    ],
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
    ['a deletion with invalid associated resources', () => destroy(422, invalid)],
    ['a command to a droplet that is on', () => act(422, unprocessable('Droplet must be off to be resized.'))],
    ['a size that a region lacks', () => act(422, unprocessable('Size is not available in this region.'))],
    ['a name that is not valid', () => act(422, unprocessable('Only valid hostname characters are allowed.'))],
    ['input that the provider cannot read', () => act(400, { id: 'bad_request', message: 'try again' })],
    ['a token that is not valid', () => act(401, { id: 'unauthorized', message: 'Unable to authenticate you.' })],
    ['a thing that does not exist', () => act(404, { id: 'not_found', message: 'not found' })],
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
