import { type inventorySync, kindEntry, resourceId } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { nameKey } from '../domain/cost-lines/line-name.ts';
import { enqueueForInvoices } from '../invoices/enqueue-for-invoices.ts';
import { upsertPrices } from '../store/resources/list-prices.ts';
import { invoicesTouchedBy, type StoredState, upsertStates } from '../store/resources/resource-states.ts';

type InventoryEvent = typeof inventorySync.resourceObserved | typeof inventorySync.priceObserved;

/** Stores observed resources and prices, and has the invoices matched again whose matches this may change. */
export async function consumeResources(batch: Received<InventoryEvent>[], tx: Tx): Promise<void> {
  const observed = batch.filter((event) => event.type === 'resource.observed');
  const priced = batch.filter((event) => event.type === 'price.observed');
  await upsertPrices(
    tx.sql,
    priced.map(({ data }) => data),
  );
  const changed = await upsertStates(
    tx.sql,
    observed.map(({ data }) => stateOf(data)),
  );
  const last = observed.at(-1);
  if (last === undefined) return;
  const invoiceUuids = await invoicesTouchedBy(tx.sql, changed);
  await enqueueForInvoices(tx, 'rematch', { invoiceUuids, cause: `inventory:${last.id}` });
}

function stateOf(data: Received<typeof inventorySync.resourceObserved>['data']): StoredState {
  const text = (name: string): string | null => {
    const value = data.attrs[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const sourceKind = text('source_kind');
  const sourceId = text('source_id');
  const entry = kindEntry(data.kind);
  const isBilledWithSource = sourceId !== null && sourceKind !== null && entry?.billedWith?.kind === sourceKind;
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
    units: entry?.sizeAttribute === undefined ? null : decimalOf(text(entry.sizeAttribute)),
  };
}

/** A size as a decimal; null if it is none. */
const decimalOf = (text: string | null): string | null => (text !== null && /^\d+(\.\d+)?$/.test(text) ? text : null);
