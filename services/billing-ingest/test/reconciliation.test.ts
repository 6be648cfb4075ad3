import { inventorySync, metering } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { findings, owner, since, worldWith } from './bills.ts';
import { accrued, acmeDeployment, observed, openStage, type Stage, unowned } from './stage.ts';

const metered = (stage: Stage, hours: ReadonlyMap<string, number>) =>
  publishEvent(
    stage.nats,
    metering.usageAccrued,
    accrued({
      lines: [...hours].map(([resource_id, qty]) => ({
        resource_id,
        kind: 'droplet_hours',
        unit_seconds: String(qty * 3600),
        divisor: '3600',
        observations: [1],
      })),
    }),
  );

const cluster = observed({ kind: 'k8s_cluster', provider_id: 'c1', name: 'k-prod', owner, ...since });
const worker = (id: string) =>
  observed({
    kind: 'droplet',
    provider_id: id,
    name: `k-prod-${id}`,
    owner,
    attrs: { source_kind: 'k8s_cluster', source_id: 'c1', size_slug: 's-2vcpu-4gb' },
    ...since,
  });
const [first, second] = [worker('801'), worker('802')];

/** A line of the cluster in the provider's form: the group is the cluster's name, the description a hash. */
const clusterLine = (fields: object) => ({
  product: 'Kubernetes Clusters',
  group_description: 'k-prod',
  description: '1b2c3d4e',
  amount: '24.00',
  duration: '720',
  ...fields,
});

test('billing-ingest: a Kubernetes cluster is compared with the metered hours of its workers', async () => {
  await using stage = await openStage({ world: worldWith([clusterLine({})]) });
  await stage.observe(cluster, first, second);
  expect(await findings(stage)).toMatchObject([
    {
      finding: 'billed_not_metered',
      kind: 'k8s_cluster',
      resource_id: cluster.resource_id,
      deployment_id: acmeDeployment,
      billed_hours: '720',
      metered_hours: '0',
      amount_cents: 2400,
      detail: 'the cluster belongs to a deployment but none of its workers was metered',
    },
  ]);
  // One line may be for the whole pool, so the hours of two workers are not too many.
  const both = [first, second].map(({ resource_id }) => [resource_id, 720] as const);
  await metered(stage, new Map(both));
  await stage.billing.settled();
  expect(await findings(stage)).toEqual([]);
});

test('billing-ingest: lines of workers, under any product, are compared with all workers of their cluster', async () => {
  const lines = [
    clusterLine({ description: 'node-1', resource: '801', amount: '12.00' }),
    clusterLine({
      product: 'Droplets',
      group_description: '',
      description: 'k-prod-802 (s-2vcpu-4gb)',
      amount: '12.00',
    }),
  ];
  await using stage = await openStage({ world: worldWith(lines) });
  await stage.observe(cluster, first, second);
  await metered(stage, new Map([[first.resource_id, 720]]));
  expect(await findings(stage)).toMatchObject([
    {
      finding: 'hours_differ',
      kind: 'k8s_cluster',
      resource_id: cluster.resource_id,
      billed_hours: '1440',
      metered_hours: '720',
      amount_cents: 1200,
    },
  ]);
});

test('billing-ingest: the unowned hours of a resource are listed without a tenant', async () => {
  const droplet = { kind: 'droplet', provider_id: '101', name: 'lonely' };
  const line = { product: 'Droplets', description: 'lonely (s-1)', amount: '5.55', duration: '720', resource: '101' };
  const later = observed({ ...droplet, ...since, effective_at: '2026-04-16T00:00:00Z', owner, revision: 2 });
  await using stage = await openStage({ world: worldWith([line]) });
  await stage.observe(observed({ ...droplet, ...since, owner: unowned }), later);
  await metered(stage, new Map([[later.resource_id, 360]]));
  expect(await findings(stage)).toMatchObject([
    {
      finding: 'unattributed',
      resource_id: later.resource_id,
      tenant_id: null,
      deployment_id: null,
      billed_hours: '360',
      metered_hours: '0',
      amount_cents: 278,
    },
  ]);
});

test('billing-ingest: usage that no line bills has its money for every kind, or the reason why it has none', async () => {
  await using stage = await openStage({
    world: worldWith([{ product: 'Support', description: 'April', amount: '1.00' }]),
  });
  await publishEvent(stage.nats, inventorySync.priceObserved, {
    provider: 'digitalocean',
    size_slug: 's-1vcpu-1gb',
    price_monthly: '6.00',
    price_hourly: '0.00893',
    currency: 'USD',
    effective_at: '2026-03-01T00:00:00Z',
    observed_at: '2026-03-01T00:00:00Z',
  });
  const sizes: Record<string, object> = {
    droplet: { size_slug: 's-1vcpu-1gb' },
    volume: { size_gb: '100' },
    load_balancer: { node_count: 2 },
    nat_gateway: { node_count: 1 },
    floating_ip: {},
  };
  const resources = Object.entries(sizes).map(([kind, attrs]) =>
    observed({ kind, provider_id: '77', name: kind, owner, ...since, status: 'active', attrs: { ...attrs } }),
  );
  const gpu = observed({
    kind: 'droplet',
    provider_id: '78',
    name: 'gpu',
    owner,
    ...since,
    attrs: { size_slug: 'gpu-h100x1' },
  });
  const source = { source_kind: 'droplet', source_id: '77', size_gb: '10' };
  const backup = observed({ kind: 'droplet_backup', provider_id: '79', name: 'b', owner, ...since, attrs: source });
  await stage.observe(...resources, gpu, backup);
  const [droplet, volume, balancer, gateway, ip] = resources.map(({ resource_id }) => resource_id);
  const line = (resource_id: string | undefined, kind: string, unitHours: number) => ({
    ...{
      resource_id: resource_id ?? '',
      kind,
      unit_seconds: String(unitHours * 3600),
      divisor: '3600',
      observations: [1],
    },
  });
  await publishEvent(
    stage.nats,
    metering.usageAccrued,
    accrued({
      lines: [
        line(droplet, 'droplet_hours', 360),
        line(volume, 'volume_gb_month', 72_000),
        line(balancer, 'load_balancer_hours', 720),
        line(gateway, 'nat_gateway_hours', 720),
        line(ip, 'floating_ip_hours', 720),
        line(gpu.resource_id, 'droplet_hours', 720),
        line(backup.resource_id, 'backup_gb_month', 7200),
      ],
    }),
  );
  await stage.billing.settled();
  const unbilled = (await findings(stage)).filter(({ finding }) => finding === 'metered_not_billed');
  expect(
    new Map(unbilled.map(({ name, amount_cents, metered_hours }) => [name, [amount_cents, metered_hours]])),
  ).toEqual(
    new Map<string | null, [number | null, string | null]>([
      ['droplet', [-321, '360']],
      ['volume', [-1000, '720']],
      ['load_balancer', [-1286, '360']],
      ['nat_gateway', [null, '720']],
      ['floating_ip', [-500, '720']],
      ['gpu', [null, '720']],
      ['b', [-120, null]],
    ]),
  );
  const detailOf = (name: string) => unbilled.find((found) => found.name === name)?.detail;
  expect(detailOf('gpu')).toContain('the list price of size gpu-h100x1 is not known');
  expect(detailOf('nat_gateway')).toContain('the list price of kind nat_gateway is not known');
});

test('billing-ingest: the one line for all backups of a droplet has no hours of its own, and differs from none of them', async () => {
  const lines = [
    { product: 'Droplets', description: 'db (s-1vcpu-1gb)', amount: '6.00', duration: '720', resource: '90' },
    { product: 'Droplet Backups', description: 'db (Weekly Backup Services)', amount: '1.20', duration: '720' },
  ];
  await using stage = await openStage({ world: worldWith(lines) });
  await publishEvent(stage.nats, inventorySync.priceObserved, {
    provider: 'digitalocean',
    size_slug: 's-1vcpu-1gb',
    price_monthly: '6.00',
    price_hourly: '0.00893',
    currency: 'USD',
    effective_at: '2026-03-01T00:00:00Z',
    observed_at: '2026-03-01T00:00:00Z',
  });
  const size = { size_slug: 's-1vcpu-1gb' };
  const droplet = observed({ kind: 'droplet', provider_id: '90', name: 'db', owner, ...since, attrs: size });
  const source = { source_kind: 'droplet', source_id: '90', size_gb: '10' };
  const backups = ['91', '92'].map((provider_id) =>
    observed({ kind: 'droplet_backup', provider_id, name: `db ${provider_id}`, owner, ...since, attrs: source }),
  );
  await stage.observe(droplet, ...backups);
  const usage = (resource_id: string, kind: string, unitHours: number) => ({
    resource_id,
    kind,
    unit_seconds: String(unitHours * 3600),
    divisor: '3600',
    observations: [1],
  });
  const ofBackups = backups.map(({ resource_id }, index) => usage(resource_id, 'backup_gb_month', 7200 - index * 3600));
  await publishEvent(
    stage.nats,
    metering.usageAccrued,
    accrued({ lines: [usage(droplet.resource_id, 'droplet_hours', 720), ...ofBackups] }),
  );
  await stage.billing.settled();
  expect(await findings(stage)).toEqual([]);
});
