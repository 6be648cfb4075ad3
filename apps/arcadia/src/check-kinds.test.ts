import { readdirSync, readFileSync } from 'node:fs';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { describe, expect, test } from 'vitest';
import { checkKinds } from './check-kinds.ts';

const base = {
  period: '2026-04',
  platform: { tenants: [{ id: 'acme' }], deployments: [{ tenant: 'acme', slug: 'app' }] },
};
const faultsIn = (fields: object): string[] => {
  const world = parseWorld(JSON.stringify({ ...base, platform: { ...base.platform, ...fields } }), 'w.json');
  try {
    checkKinds(world, 'w.json');
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
};

describe('arcadia: the billing kinds of a world', () => {
  test('a kind that does not exist is refused when the world is read, with its place and the near ones', () => {
    const usage = (kind: string) => ({ at: '2026-04-10T00:00:00Z', deployment: 'app', kind, quantity: '1' });
    expect(faultsIn({ usage: [usage('bandwidth_gb'), usage('bandwith_gb'), usage('unicorns')] })).toEqual([
      '  platform.usage[1].kind: there is no billing kind "bandwith_gb"; near it: bandwidth_gb',
      '  platform.usage[2].kind: there is no billing kind "unicorns"',
    ]);
    const plans = [{ code: 'p', base_price_cents: 1, items: [{ kind: 'droplet_hours' }, { kind: 'droplet_hour' }] }];
    const addons = [{ code: 'a', kind: 'constructor', qty: '1', price_cents: 1 }];
    const discounts = [{ tenant: 'acme', on: 'kind', kind: 'dns_zone', percent: '1' }];
    expect(faultsIn({ catalog: { plans, addons }, terms: { discounts } }).map((fault) => fault.split(':')[0])).toEqual([
      '  platform.terms.discounts[0].kind',
      '  platform.catalog.addons[0].kind',
      '  platform.catalog.plans[0].items[1].kind',
    ]);
  });

  test('the worlds of the project name kinds that exist', () => {
    const folder = new URL('../../../worlds/', import.meta.url);
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')))
      checkKinds(parseWorld(readFileSync(new URL(file, folder), 'utf8'), file), file);
  });
});
