import { billingKindOf, Decimal, type inventorySync, kindEntry, measuresOf, resourceId } from '@arcadia/contracts';
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
  if (observed.length === 0) return;
  const invoiceUuids = await invoicesTouchedBy(tx.sql, changed);
  await enqueueForInvoices(tx, 'rematch', { invoiceUuids });
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
    units: unitsOf(data),
    region: data.region,
  };
}

/**
 * Units of its first billing kind that a resource counts for, by which its usage is compared with its lines; null while it counts
 * nothing, its size is unknown or not readable: its lines are then compared by their time alone.
 */
function unitsOf({ kind, status, attrs }: Received<typeof inventorySync.resourceObserved>['data']): string | null {
  try {
    const units = measuresOf({ kind, status, attrs, is_present: true })
      .filter((measure) => measure.kind === billingKindOf(kind))
      .reduce((sum, measure) => sum.plus(measure.units ?? 0), new Decimal(0));
    return units.isZero() ? null : units.toFixed();
  } catch {
    return null;
  }
}
