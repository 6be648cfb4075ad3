import { billingIngest, metering } from '@arcadia/contracts';
import { askService, publishEvent } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { accrued, acmeDeployment, observed, openStage, operatorActor, ownedBy, type Stage, unowned } from './stage.ts';

const owner = ownedBy('acme', acmeDeployment);
const since = { created_at: '2026-03-01T00:00:00Z', effective_at: '2026-03-01T00:00:00Z' };

const worldWith = (items: readonly object[]) => ({
  name: 'bill',
  period: '2026-04',
  provider: { invoices: [{ uuid: '00000000-0000-4000-8000-000000202604', id: '4', period: '2026-04', items }] },
});

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

const findings = async (stage: Stage) => {
  await stage.billing.runJob('discover-invoices', '2026-05-01T02:23:00Z');
  await stage.billing.settled();
  const query = { period: '2026-04', limit: 200 };
  const answer = await askService(stage.nats, billingIngest.getReconciliation, query, { actor: operatorActor });
  if ('refused' in answer) throw new Error(answer.detail);
  return answer.items;
};

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
