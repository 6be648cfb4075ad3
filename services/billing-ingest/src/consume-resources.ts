import { inventorySync, resourceId } from '@arcadia/contracts';
import { consumer, type Received, type Tx } from '@arcadia/platform';
import type { Config } from './config.ts';
import { nameKey } from './domain/line-name.ts';
import { rematchInvoiceJob } from './rematch-invoice.ts';
import { keepPrices } from './store/list-prices.ts';
import { invoicesTouchedBy, keepStates, type StoredState } from './store/resource-states.ts';
import type { Database } from './store/schema.ts';

/** Keeps what inventory says of resources and prices, and has invoices matched again that this may change. */
export const consumeResources = consumer<
  typeof inventorySync.resourceObserved | typeof inventorySync.priceObserved,
  Database,
  Config
>({
  name: 'resources',
  consumes: [inventorySync.resourceObserved, inventorySync.priceObserved],
  handle: async (batch, tx) => {
    const observed = batch.filter((heard) => heard.type === 'resource.observed');
    const priced = batch.filter((heard) => heard.type === 'price.observed');
    await keepPrices(
      tx.sql,
      priced.map(({ data }) => data),
    );
    await projectResources(observed, tx);
  },
});

const projectResources = async (
  observed: Received<typeof inventorySync.resourceObserved>[],
  tx: Tx<Database>,
): Promise<void> => {
  const changed = await keepStates(
    tx.sql,
    observed.map(({ data }) => stateOf(data)),
  );
  const last = observed.at(-1);
  if (last === undefined) return;
  for (const invoice_uuid of await invoicesTouchedBy(tx.sql, changed)) {
    await tx.enqueue(rematchInvoiceJob, { invoice_uuid }, { cause: `inventory:${last.id}` });
  }
};

/** Kinds that the provider bills with what they were made from: a backup with its droplet, a worker with its cluster. */
const billedWithSource: Record<string, string> = { droplet_backup: 'droplet', droplet: 'k8s_cluster' };

const stateOf = (data: Received<typeof inventorySync.resourceObserved>['data']): StoredState => {
  const text = (name: string): string | null => {
    const value = data.attrs[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const sourceKind = text('source_kind');
  const sourceId = text('source_id');
  const isBilledWithSource = sourceId !== null && sourceKind !== null && billedWithSource[data.kind] === sourceKind;
  return {
    resource_id: data.resource_id,
    effective_at: data.effective_at,
    revision: data.revision,
    provider: data.provider,
    kind: data.kind,
    provider_id: data.provider_id,
    name: data.name,
    name_key: nameKey(data.name),
    is_present: data.is_present,
    created_at: data.created_at,
    observed_at: data.observed_at,
    tenant_id: data.owner.tenant_id,
    deployment_id: data.owner.deployment_id,
    project_id: data.owner.project_id,
    source_id: isBilledWithSource ? resourceId(data.provider, sourceKind, sourceId) : null,
    size_slug: text('size_slug'),
    units: unitsOf(text('size_gb') ?? text('node_count')),
  };
};

const unitsOf = (text: string | null): string | null => (text !== null && /^\d+(\.\d+)?$/.test(text) ? text : null);
