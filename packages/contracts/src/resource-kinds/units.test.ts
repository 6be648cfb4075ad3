import { expect, expectTypeOf, test } from 'vitest';
import { billedTogether } from './billed-kinds.ts';
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
  ['an archived droplet counts nothing', state('droplet', { status: 'archive' }), '0'],
  ['a droplet of a status that is new counts an unknown number', state('droplet', { status: 'migrating' }), null],
  ['a droplet without a status counts an unknown number', state('droplet'), null],
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

test('what is gone counts nothing, as any of its billing kinds', () => {
  const attrs = { size_slug: 's-1vcpu-1gb', backup_plan: 'weekly' };
  expect(measuresOf(state('droplet', { status: 'active', is_present: false, attrs }))).toEqual([
    { kind: 'droplet_hours', units: '0', dimension: null },
    { kind: 'droplet_backup_hours', units: '0', dimension: null },
  ]);
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

test('a droplet counts for its backups while they are on, running or not, by their plan and its size', () => {
  const backedUp = (attrs: ResourceState['attrs'], status = 'active') =>
    measuresOf(state('droplet', { status, attrs: { size_slug: 's-1vcpu-1gb', ...attrs } })).slice(1);
  const kind = 'droplet_backup_hours';
  const weekly = [{ kind, units: '1', dimension: 'weekly s-1vcpu-1gb' }];
  expect(backedUp({ backup_plan: 'weekly' })).toEqual(weekly);
  expect(backedUp({ backup_plan: 'weekly' }, 'off')).toEqual(weekly);
  // A plan or a size that is not known has no price, but its time counts.
  expect(backedUp({ backup_plan: null })).toEqual([{ kind, units: '1', dimension: null }]);
  expect(backedUp({ backup_plan: 'daily', size_slug: null })).toEqual([{ kind, units: '1', dimension: null }]);
  // Backups are off, and old ones are kept.
  expect(backedUp({ has_backups: true, features: ['monitoring'] })).toEqual([]);
  // An earlier version observed the droplet.
  expect(backedUp({ has_backups: true, features: ['backups'] })).toEqual([{ kind, units: null, dimension: null }]);
});

test('backups by the hour are on the lines of backups in the bill, and not on those of droplets', () => {
  expect(billedTogether('droplet_hours')).toEqual(['droplet_hours']);
  expect(billedTogether('backup_gb_month')).toEqual(['backup_gb_month', 'droplet_backup_hours']);
  expect(billedTogether('droplet_backup_hours')).toEqual(['droplet_backup_hours']);
  expect(billedTogether('database_node_hours')).toEqual(['database_node_hours', 'database_storage_gb_month']);
});

test('a kind that counts the same as another, or is billed as another, names one that exists', () => {
  const kinds = observedUsages.map(({ kind }): string => kind);
  expect(observedUsages.filter(({ insteadOf }) => insteadOf !== undefined && !kinds.includes(insteadOf))).toEqual([]);
  expect(observedUsages.filter(({ billedAs }) => billedAs !== undefined && billingKindOf(billedAs) === null)).toEqual(
    [],
  );
});

test('a resource kind that is not metered has no measures', () => {
  expect(measuresOf(state('firewall'))).toEqual([]);
  expect(billingKindOf('droplet_backup')).toBe('backup_gb_month');
  expect(billingKindOf('firewall')).toBeNull();
});

test('nodes of a database and of its read replica depend on the size, and storage beyond the size is apart or unknown', () => {
  const attrs = { size_slug: 'db-s-2vcpu-4gb', node_count: 2 };
  const nodes = { kind: 'database_node_hours', units: '2', dimension: 'db-s-2vcpu-4gb' };
  const storage = (units: string | null) => ({ kind: 'database_storage_gb_month', units, dimension: null });
  expect(measuresOf(state('managed_db', { attrs: { ...attrs, extra_storage_gb: '40' } }))).toEqual([
    nodes,
    storage('40'),
  ]);
  expect(measuresOf(state('managed_db', { attrs }))).toEqual([nodes, storage(null)]);
});

test('containers of an app count by instance size, and an autoscaled component of unknown count makes its size unknown', () => {
  const component = (type: string, size_slug: string, instance_count: number | null) => ({
    name: type,
    type,
    size_slug,
    instance_count,
  });
  const components = [
    component('service', 'apps-s-1vcpu-1gb', 2),
    component('worker', 'apps-s-1vcpu-1gb', 1),
    component('job', 'apps-s-1vcpu-1gb', 5),
    component('service', 'apps-d-1vcpu-2gb', null),
    component('worker', 'apps-d-1vcpu-2gb', 1),
  ];
  const measured = measuresOf(state('app', { attrs: { components, dev_databases: 1, has_dedicated_egress: true } }));
  expect(measured).toEqual([
    { kind: 'app_container_hours', units: '3', dimension: 'apps-s-1vcpu-1gb' },
    { kind: 'app_container_hours', units: null, dimension: 'apps-d-1vcpu-2gb' },
    { kind: 'app_database_hours', units: '1', dimension: null },
    { kind: 'app_egress_ip_hours', units: '1', dimension: null },
  ]);
  expect(measuresOf(state('app')).map(({ units }) => units)).toEqual(['0', '0', '0']);
});

test.each([
  ['a cluster counts its highly available control plane', state('k8s_cluster', { attrs: { is_ha: true } }), '1', null],
  ['a plain cluster counts nothing beside its workers', state('k8s_cluster', { attrs: { is_ha: false } }), '0', null],
  [
    'a share counts gigabytes by tier',
    state('nfs_share', { attrs: { size_gb: '1024', performance_tier: 'high' } }),
    '1024',
    'high',
  ],
  ['an image counts its gigabytes', state('custom_image', { attrs: { size_gb: '7.5' } }), '7.5', null],
  [
    'an attachment counts by bandwidth',
    state('partner_attachment', { attrs: { bandwidth_mbps: '1000' } }),
    '1',
    '1000',
  ],
])('%s', (_, observed, units, dimension) => {
  expect(measuresOf(observed)).toMatchObject([{ units, dimension }]);
});
