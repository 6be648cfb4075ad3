import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changesOf } from './changes.ts';
import { parseWorld, type World, WorldError, worldHash } from './world.ts';

const worlds = join(import.meta.dirname, '../../../worlds');
const load = (name: string): World =>
  parseWorld(readFileSync(join(worlds, `${name}.json`), 'utf8'), `worlds/${name}.json`);

function messageOf(world: unknown): string {
  try {
    parseWorld(typeof world === 'string' ? world : JSON.stringify(world), 'bad.json');
  } catch (error) {
    if (error instanceof WorldError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a world file', () => {
  it('needs only a month', () => {
    const world = parseWorld('{"period":"2026-02"}', 'worlds/tiny.json');
    expect(world).toMatchObject({ name: 'tiny', begins_at: '2026-01-31T23:00:00Z', ends_at: '2026-03-01T06:00:00Z' });
    expect(world.provider.projects).toMatchObject([{ name: 'Default', is_default: true }]);
  });

  it('gets the same ids and times for omitted fields in every run', () => {
    const text = JSON.stringify({
      period: '2026-04',
      provider: { droplets: [{ name: 'a' }, { name: 'a' }], volumes: [{ name: 'v' }] },
    });
    const [one, two] = [parseWorld(text, 'x.json'), parseWorld(text, 'x.json')];
    expect(one).toEqual(two);
    expect(worldHash(one)).toBe(worldHash(two));
    expect(one.provider.droplets[0]?.id).not.toBe(one.provider.droplets[1]?.id);
    expect(one.provider.droplets[0]?.created_at).toBe('2026-03-01T00:00:00Z');
  });

  it('may omit ten thousand ids and gets as many different ones', () => {
    const droplets = Array.from({ length: 10_000 }, (_, index) => ({ name: `d-${index}` }));
    const world = parseWorld(JSON.stringify({ period: '2026-04', provider: { droplets } }), 'x.json');
    expect(new Set(world.provider.droplets.map((droplet) => droplet.id)).size).toBe(10_000);
  });

  it('is identified by its content, not by its formatting', () => {
    const [one, two] = ['{"name":"n","period":"2026-04"}', '{ "period": "2026-04",\n "name": "n", "description": "" }'];
    expect(worldHash(parseWorld(one, 'x'))).toBe(worldHash(parseWorld(two, 'x')));
    expect(worldHash(parseWorld('{"name":"n","period":"2026-05"}', 'x'))).not.toBe(worldHash(parseWorld(one, 'x')));
  });

  it('is refused with every fault and its path at once', () => {
    const message = messageOf({
      period: 'April',
      provider: { droplets: [{ name: 'a', colour: 'red', created_at: 'soon' }] },
    });
    expect(message).toContain('bad.json is not a usable world');
    expect(message).toContain('period: expected a month such as 2026-04');
    expect(message).toContain('provider.droplets[0].created_at: "soon" is not an instant');
    expect(message).toContain('provider.droplets[0]: Unrecognized key: "colour"');
  });

  it('is refused with unresolved references and times out of order', () => {
    const message = messageOf({
      period: '2026-04',
      provider: {
        droplets: [
          {
            name: 'a',
            project: 'none',
            size: 'huge',
            created_at: '2026-04-02T00:00:00Z',
            destroyed_at: '2026-04-01T00:00:00Z',
          },
          {
            name: 'b',
            changes: [
              { at: '2026-04-03T00:00:00Z', power: 'off' },
              { at: '2026-04-02T00:00:00Z', power: 'on' },
            ],
          },
        ],
        snapshots: [{ name: 's', droplet: 'gone', size_gigabytes: 1 }],
      },
      platform: {
        deployments: [{ tenant: 'nobody', slug: 'x' }],
        subscriptions: [{ deployment: 'y', plan: 'studio' }],
      },
    });
    expect(message.split('\n').slice(1)).toEqual([
      '  provider.droplets[0].destroyed_at: must be after created_at (2026-04-02T00:00:00Z)',
      '  provider.droplets[1].changes[1].at: must be after the change before it',
      '  provider.droplets[0].project: there is no project "none"',
      '  provider.snapshots[0].droplet: there is no droplet "gone"',
      '  provider.droplets[0].size: there is no size "huge"',
      '  platform.deployments[0].tenant: there is no tenant "nobody"',
      '  platform.subscriptions[0].deployment: there is no deployment "y"',
    ]);
  });

  it('is refused with a subscription or an attribution that is older than its deployment', () => {
    const world = {
      name: 'too-old',
      period: '2026-04',
      provider: { droplets: [{ name: 'web' }] },
      platform: {
        tenants: [{ id: 'acme' }],
        deployments: [{ tenant: 'acme', slug: 'app', created_at: '2026-04-10T00:00:00Z' }],
        subscriptions: [{ deployment: 'app', plan: 'studio', starts_at: '2026-04-09T23:59:59Z' }],
        attributions: [{ resource: 'web', deployment: 'app', from: '2026-04-01T00:00:00Z' }],
      },
    };
    const read = (given: object) => () => parseWorld(JSON.stringify(given), 'too-old.json');
    expect(read(world)).toThrow(/subscriptions\[0\]\.starts_at: must not be before .*2026-04-10/);
    expect(read(world)).toThrow(/attributions\[0\]\.from: must not be before/);
    const { subscriptions: _, attributions: __, ...platform } = world.platform;
    const usual = { ...world, platform: { ...platform, subscriptions: [{ deployment: 'app', plan: 'studio' }] } };
    expect(read(usual)().platform.subscriptions[0]?.starts_at).toBe('2026-04-10T00:00:00Z');
  });

  it('that is not JSON is refused with one sentence', () => {
    expect(messageOf('{"period":')).toMatch(/^bad\.json is not JSON: /);
  });
});

describe('the changes of a world', () => {
  it('are its instants in order, each with the changed kinds and whether an object disappears', () => {
    const shown = changesOf(load('march')).map(
      ({ at, kinds, destruction }) => `${at.toString()} ${kinds.join(',')} ${destruction}`,
    );
    expect(shown).toEqual([
      '2026-03-11T00:00:00Z dns_zone,droplet,project,snapshot false',
      '2026-03-21T00:00:00Z dns_zone,droplet,project,snapshot true',
    ]);
  });
});

describe('the pilot world', () => {
  it('holds the provider’s March invoice: 33 lines, 79.02 and 7.90 of tax', () => {
    const [invoice] = load('pilot').provider.invoices;
    const cents = (amount: string): bigint => BigInt(amount.replace('.', ''));
    const sum = (isTax: boolean): bigint =>
      (invoice?.items ?? [])
        .filter((item) => (item.product === 'Taxes') === isTax)
        .reduce((total, item) => total + cents(item.amount), 0n);
    expect([invoice?.items.length, sum(false), sum(true), invoice?.amount]).toEqual([33, 7902n, 790n, '86.92']);
  });

  it('has one desired spec, wrong in the size and right in the region', () => {
    const world = load('pilot');
    const [desired] = world.platform.desired;
    const droplet = world.provider.droplets.find((one) => one.name === desired?.resource);
    expect(world.platform.desired).toHaveLength(1);
    expect(droplet?.region).toBe(desired?.spec.region);
    expect(droplet?.size).not.toBe(desired?.spec.size_slug);
  });

  it('has three droplets of acme without changes in April', () => {
    const droplets = load('pilot').provider.droplets.filter((droplet) => droplet.project === 'acme');
    expect(droplets).toHaveLength(3);
    expect(droplets.every((droplet) => droplet.changes.length === 0 && droplet.destroyed_at === undefined)).toBe(true);
  });
});
