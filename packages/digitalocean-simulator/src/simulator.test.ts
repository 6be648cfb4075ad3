import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from './simulator.ts';
import { parseWorld, type World } from './world.ts';

// Responses are read field by field here; openapi.test.ts checks their form against the provider's description.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = Record<string, any>;

const worldOf = (provider: object): World => parseWorld(JSON.stringify({ period: '2026-04', provider }), 'test world');
const at =
  (text: string): (() => Temporal.Instant) =>
  () =>
    Temporal.Instant.from(text);

/** A simulator with a clock that the test moves. */
async function started(provider: object, options: Partial<SimulatorOptions> = {}) {
  let now = Temporal.Instant.from('2026-04-02T00:00:00Z');
  const simulator = await startSimulator({ world: worldOf(provider), clock: () => now, ...options });
  const call = async (
    method: string,
    path: string,
    body?: Json,
  ): Promise<{ status: number; headers: Headers; json: Json }> => {
    const answer = await fetch(simulator.url + path, {
      method,
      headers: { authorization: 'Bearer any' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, json: text === '' ? {} : (JSON.parse(text) as Json) };
  };
  return {
    simulator,
    get: async (path: string) => (await call('GET', path)).json,
    call,
    moveTo: (text: string) => {
      now = Temporal.Instant.from(text);
    },
    [Symbol.asyncDispose]: () => simulator.stop(),
  };
}

describe('time', () => {
  it('shows an object from its creation until its destruction, in its state at each instant', async () => {
    await using test = await started({
      projects: [{ name: 'shop' }],
      droplets: [
        {
          id: 7,
          name: 'web',
          created_at: '2026-04-02T10:00:00Z',
          destroyed_at: '2026-04-05T00:00:00Z',
          changes: [
            { at: '2026-04-03T00:00:00Z', power: 'off', rename: 'web-old' },
            { at: '2026-04-04T00:00:00Z', resize: 's-1vcpu-2gb', power: 'on', project: 'shop', tags: ['a'] },
          ],
        },
      ],
    });
    const seen = async (time: string): Promise<unknown> => {
      test.moveTo(time);
      return (await test.get('/v2/droplets')).droplets.map((one: Json) => [
        one.name,
        one.status,
        one.size_slug,
        one.memory,
        one.tags,
      ]);
    };
    expect(await seen('2026-04-02T09:59:59Z')).toEqual([]);
    expect(await seen('2026-04-02T10:00:00Z')).toEqual([['web', 'active', 's-1vcpu-1gb', 1024, []]]);
    expect(await seen('2026-04-03T12:00:00Z')).toEqual([['web-old', 'off', 's-1vcpu-1gb', 1024, []]]);
    expect(await seen('2026-04-04T12:00:00Z')).toEqual([['web-old', 'active', 's-1vcpu-2gb', 2048, ['a']]]);
    const shop = (await test.get('/v2/projects')).projects.find((one: Json) => one.name === 'shop');
    expect((await test.get(`/v2/projects/${shop.id}/resources`)).resources).toMatchObject([
      { urn: 'do:droplet:7', assigned_at: '2026-04-04T00:00:00Z' },
    ]);
    expect(await seen('2026-04-05T00:00:00Z')).toEqual([]);
    const log = (await test.get('/v2/actions')).actions.map((one: Json) => `${one.type} ${one.started_at}`);
    expect(log[0]).toBe('destroy 2026-04-05T00:00:00Z');
    expect(log).toHaveLength(6);
  });
});

describe('lists', () => {
  it('come in pages with links on the caller’s own address and the total of all pages', async () => {
    await using test = await started({
      domains: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name: `${name}.example` })),
    });
    const first = await test.get('/v2/domains?per_page=2');
    expect([first.domains.length, first.meta.total]).toEqual([2, 5]);
    expect(first.links.pages.next).toBe(`${test.simulator.url}/v2/domains?per_page=2&page=2`);
    const third = await test.get('/v2/domains?per_page=2&page=3');
    expect([third.domains.length, third.links.pages.next]).toEqual([1, undefined]);
    expect((await test.get('/v2/domains')).links).toEqual({});
  });

  it('show droplets with GPUs only if the request is for GPUs', async () => {
    await using test = await started({ droplets: [{ name: 'plain' }, { name: 'fast', size: 'gpu-h100x1-80gb' }] });
    const names = async (query: string): Promise<string[]> =>
      (await test.get(`/v2/droplets${query}`)).droplets.map((one: Json) => one.name);
    expect([await names(''), await names('?type=gpus')]).toEqual([['plain'], ['fast']]);
  });

  it('write amounts exactly as the world gives them', async () => {
    await using test = await started({
      snapshots: [{ name: 's', droplet: 'd', size_gigabytes: '10.15' }],
      droplets: [{ name: 'd' }],
    });
    const answer = await fetch(`${test.simulator.url}/v2/snapshots`, { headers: { authorization: 'Bearer any' } });
    expect(await answer.text()).toContain('"size_gigabytes":10.15,');
  });
});

describe('access', () => {
  it('is refused without the right token, with the provider’s error', async () => {
    await using simulator = await startSimulator({
      world: worldOf({}),
      clock: at('2026-04-01T00:00:00Z'),
      token: 'right',
    });
    const ask = (authorization?: string) =>
      fetch(`${simulator.url}/v2/account`, authorization === undefined ? {} : { headers: { authorization } });
    expect([(await ask()).status, (await ask('Bearer wrong')).status, (await ask('Bearer right')).status]).toEqual([
      401, 401, 200,
    ]);
    expect(await (await ask()).json()).toMatchObject({ id: 'unauthorized', message: 'Unable to authenticate you.' });
  });

  it('reports the rate limit in every response, and enforces it only if the world sets one', async () => {
    await using test = await started({ rate_limit: { per_minute: 3, per_hour: 4 } });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await test.call('GET', '/v2/account')).status);
    const burst = await test.call('GET', '/v2/account');
    expect([...statuses, burst.status]).toEqual([200, 200, 200, 429, 429]);
    expect([burst.headers.get('ratelimit-remaining'), burst.headers.get('retry-after')]).toEqual(['0', '60']);
    test.moveTo('2026-04-02T00:02:00Z');
    expect((await test.call('GET', '/v2/account')).status).toBe(200);
    const hourly = await test.call('GET', '/v2/account');
    expect([hourly.status, hourly.headers.get('retry-after')]).toEqual([429, null]);
  });
});

describe('writes', () => {
  const creation = { name: 'new-1', size: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64', region: 'syd1', tags: ['saga:1'] };

  it('create a droplet that becomes active after some reads, although the clock stands still', async () => {
    await using test = await started({});
    const made = await test.call('POST', '/v2/droplets', creation);
    expect([made.status, made.json.droplet.status, made.json.links.actions[0].rel]).toEqual([202, 'new', 'create']);
    const { id } = made.json.droplet;
    const action = made.json.links.actions[0].id;
    expect((await test.get(`/v2/actions/${action}`)).action.status).toBe('in-progress');
    expect((await test.get(`/v2/actions/${action}`)).action.status).toBe('completed');
    expect((await test.get(`/v2/droplets/${id}`)).droplet).toMatchObject({ status: 'active', locked: false });
    expect((await test.get('/v2/droplets?tag_name=saga:1')).droplets).toHaveLength(1);
  });

  it('complete after some time on the clock', async () => {
    await using test = await started({
      behaviour: { action_polls: 99, action_seconds: 60 },
      droplets: [{ id: 5, name: 'd' }],
    });
    await test.call('POST', '/v2/droplets/5/actions', { type: 'power_off' });
    expect((await test.get('/v2/droplets/5')).droplet).toMatchObject({ status: 'active', locked: true });
    test.moveTo('2026-04-02T00:05:00Z');
    expect((await test.get('/v2/droplets/5')).droplet).toMatchObject({ status: 'off', locked: false });
    expect((await test.get('/v2/droplets/5/actions')).actions[0]).toMatchObject({
      type: 'power_off',
      completed_at: '2026-04-02T00:01:00Z',
    });
  });

  it('are refused where the provider refuses them', async () => {
    await using test = await started({ droplets: [{ id: 5, name: 'd', size: 's-1vcpu-2gb' }] });
    const status = async (path: string, body: Json): Promise<number> => (await test.call('POST', path, body)).status;
    expect(await status('/v2/droplets', { ...creation, size: 'huge' })).toBe(422);
    expect(await status('/v2/droplets', { ...creation, name: 'not a name' })).toBe(422);
    expect(await status('/v2/droplets/5/actions', { type: 'resize', size: 's-1vcpu-1gb', disk: true })).toBe(422);
    expect(await status('/v2/droplets/5/actions', { type: 'power_off' })).toBe(201);
    expect(await status('/v2/droplets/5/actions', { type: 'power_on' })).toBe(422);
    expect(await status('/v2/droplets/6/actions', { type: 'power_on' })).toBe(404);
  });

  it('move resources between projects, each with its own status', async () => {
    await using test = await started({
      projects: [{ name: 'shop' }],
      droplets: [{ id: 5, name: 'd' }],
      reserved_ips: [{ ip: '203.0.113.9', droplet: 'd' }],
    });
    const shop = (await test.get('/v2/projects')).projects.find((one: Json) => one.name === 'shop').id;
    const moved = await test.call('POST', `/v2/projects/${shop}/resources`, {
      resources: ['do:droplet:5', 'do:droplet:6'],
    });
    expect(moved.json.resources.map((one: Json) => one.status)).toEqual(['assigned', 'not_found']);
    expect(
      (await test.call('POST', `/v2/projects/${shop}/resources`, { resources: ['do:reservedip:203.0.113.9'] })).status,
    ).toBe(412);
    expect((await test.call('DELETE', `/v2/projects/${shop}`)).status).toBe(412);
  });

  it('destroy a droplet with the chosen resources and leave the others', async () => {
    await using test = await started({
      droplets: [{ id: 5, name: 'd' }],
      volumes: [{ name: 'data', droplet: 'd', size_gigabytes: 20 }],
      snapshots: [{ id: '77', name: 's', droplet: 'd', size_gigabytes: '10' }],
    });
    const base = '/v2/droplets/5/destroy_with_associated_resources';
    const associated = await test.get(base);
    expect([associated.volumes[0].cost, associated.snapshots[0].cost]).toEqual(['2.00', '0.60']);
    expect((await test.call('DELETE', `${base}/selective`, { volumes: [associated.volumes[0].id] })).status).toBe(202);
    expect((await test.get(`${base}/status`)).completed_at).not.toBeNull();
    expect([(await test.get('/v2/volumes')).meta.total, (await test.get('/v2/snapshots')).meta.total]).toEqual([0, 1]);
  });

  it('persist over a restart with the same state file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const stateFile = join(folder, 'state.json');
    try {
      let action = 0;
      {
        await using test = await started({ droplets: [{ id: 5, name: 'd' }] }, { stateFile });
        action = (await test.call('POST', '/v2/droplets', creation)).json.links.actions[0].id as number;
        await test.call('DELETE', '/v2/droplets/5');
      }
      await using again = await started({ droplets: [{ id: 5, name: 'd' }] }, { stateFile });
      expect((await again.get('/v2/droplets')).droplets.map((one: Json) => one.name)).toEqual(['new-1']);
      await again.get(`/v2/actions/${action}`);
      expect((await again.get(`/v2/actions/${action}`)).action.status).toBe('completed');
      const more = await again.call('POST', '/v2/droplets', creation);
      expect(more.json.droplet.id).toBeGreaterThan(action);
      await expect(started({}, { stateFile })).rejects.toThrow('belongs to another world');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('buckets', () => {
  const signed = {
    authorization: 'AWS4-HMAC-SHA256 Credential=AK/20260402/syd1/s3/aws4_request, SignedHeaders=host, Signature=0',
  };

  it('can be listed and summed over the S3 API, exact to the byte', async () => {
    await using test = await started({
      buckets: [
        { name: 'assets', size_gigabytes: '62.5', objects: 7 },
        { name: 'far', region: 'fra1' },
      ],
    });
    const ask = async (path: string): Promise<string> =>
      (await fetch(test.simulator.spacesUrl + path, { headers: signed })).text();
    expect((await ask('/')).match(/<Name>[^<]+/g)).toEqual(['<Name>assets']);
    let sum = 0n;
    for (let token = '0', page = ''; token !== ''; token = /<NextContinuationToken>(\d+)/.exec(page)?.[1] ?? '') {
      page = await ask(`/assets?list-type=2&max-keys=3&continuation-token=${token}`);
      for (const [, bytes] of page.matchAll(/<Size>(\d+)</g)) sum += BigInt(bytes ?? 0);
    }
    expect(sum).toBe((625n * 1024n ** 3n) / 10n);
    expect((await fetch(test.simulator.spacesUrl)).status).toBe(403);
  });
});

describe('a Kubernetes cluster', () => {
  it('has workers that are droplets with its tags and without a project', async () => {
    await using test = await started({
      kubernetes_clusters: [{ name: 'k', node_pools: [{ name: 'pool', count: 2 }] }],
    });
    const [cluster] = (await test.get('/v2/kubernetes/clusters')).kubernetes_clusters;
    const workers = (await test.get(`/v2/droplets?tag_name=k8s:${cluster.id}`)).droplets;
    const ids = cluster.node_pools[0].nodes.map((node: Json) => node.droplet_id);
    expect(workers.map((one: Json) => String(one.id))).toEqual(ids);
    const members = (await test.get('/v2/projects/default/resources')).resources;
    expect(members.map((one: Json) => one.urn)).toEqual([`do:kubernetes:${cluster.id}`]);
  });
});

describe('a port', () => {
  it('that is in use fails the start with an error that names it', async () => {
    await using one: Simulator = await startSimulator({ world: worldOf({}), clock: at('2026-04-01T00:00:00Z') });
    const port = Number(new URL(one.url).port);
    await expect(startSimulator({ world: worldOf({}), clock: at('2026-04-01T00:00:00Z'), port })).rejects.toThrow(
      String(port),
    );
  });
});
