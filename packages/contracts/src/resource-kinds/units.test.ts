import { expect, expectTypeOf, test } from 'vitest';
import { billingKindOf, measuresOf, observedUsages, resourceKindEntries } from './derived.ts';
import type { KindBilling, ResourceState } from './kind-entry.ts';

type Observed = ResourceState & { kind: string };

const state = (kind: string, rest: Partial<Observed> = {}): Observed => ({
  kind,
  is_present: true,
  status: null,
  attrs: {},
  ...rest,
});

test.each([
  ['a droplet counts while active', state('droplet', { status: 'active' }), '1'],
  ['a droplet that is off counts nothing', state('droplet', { status: 'off' }), '0'],
  ['a droplet that is being made counts nothing yet', state('droplet', { status: 'new' }), '0'],
  ['what is gone counts nothing', state('droplet', { status: 'active', is_present: false }), '0'],
  ['a snapshot counts its gigabytes', state('snapshot', { attrs: { size_gb: '2.340' } }), '2.34'],
  ['a bucket of unknown size counts an unknown number', state('spaces_bucket'), null],
  ['a volume counts its gigabytes', state('volume', { attrs: { size_gb: '100' } }), '100'],
  ['a backup counts its gigabytes', state('droplet_backup', { attrs: { size_gb: '0.5' } }), '0.5'],
  ['a zone counts one', state('dns_zone'), '1'],
  ['an assigned floating IP counts nothing', state('floating_ip', { attrs: { assigned_to: '123' } }), '0'],
  ['an unassigned floating IP counts one', state('floating_ip', { attrs: { assigned_to: null } }), '1'],
  ['a load balancer counts its nodes', state('load_balancer', { attrs: { node_count: 3 } }), '3'],
  ['a load balancer without a node count has one node', state('load_balancer'), '1'],
])('%s', (_, observed, units) => {
  expect(measuresOf(observed).map((one) => one.units)).toEqual([units]);
});

test.each([[{ size_gb: 12.5 }], [{ size_gb: '-1' }], [{ size_gb: 'big' }], [{ size_gb: '1e3' }]])(
  'a size that is no decimal in text is refused, never guessed: %o',
  (attrs) => {
    expect(() => measuresOf(state('volume', { attrs }))).toThrow();
  },
);

test('a kind that the provider bills and that has neither a billing kind nor a reason does not compile', () => {
  expectTypeOf<{ billed: 'by-resource'; usages: [] }>().not.toExtend<KindBilling>();
  expectTypeOf<{ billed: 'by-resource'; usages: []; notMetered: string }>().toExtend<KindBilling>();
});

test('every kind has its own URN types and its own billing kind', () => {
  const types = resourceKindEntries.flatMap(([, { urnTypes }]) => urnTypes);
  expect(new Set(types).size).toBe(types.length);
  const billingKinds = observedUsages.map(({ kind }) => kind);
  expect(new Set(billingKinds).size).toBe(billingKinds.length);
});

test('the price of a droplet-hour depends on the size that the state names', () => {
  const droplet = (size_slug: string | null) => state('droplet', { status: 'active', attrs: { size_slug } });
  expect(measuresOf(droplet('g-32vcpu-128gb'))).toEqual([
    { kind: 'droplet_hours', units: '1', dimension: 'g-32vcpu-128gb' },
  ]);
  expect(measuresOf(droplet(null))).toEqual([{ kind: 'droplet_hours', units: '1', dimension: null }]);
});

test('a resource kind that is not metered has no measures', () => {
  expect(measuresOf(state('firewall'))).toEqual([]);
  expect(billingKindOf('droplet_backup')).toBe('backup_gb_month');
  expect(billingKindOf('firewall')).toBeNull();
});
