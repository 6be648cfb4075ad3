import {
  canonicalDecimal,
  Decimal,
  dayOf,
  isRefusal,
  type Json,
  kindEntry,
  type MonthlyPrice,
  monthlyPrice,
  pricedSize,
  type provisioning,
  type RequestOutput,
  resourceId,
} from '@arcadia/contracts';
import { type ContractReply, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Context } from '../context.ts';
import { noSuchDeployment } from '../deployments/no-such-deployment.ts';
import { destroyedResources } from '../domain/left-behind/destroyed-resources.ts';
import { finalSnapshotName } from '../domain/sagas/saga.ts';
import { findDeployment } from '../store/deployments/deployments.ts';
import {
  type ByOffboardings,
  countsOfLeftBehind,
  effectsOfOffboardings,
  pageOfLeftBehind,
} from '../store/left-behind/left-behind.ts';
import { billingKindPricesOf, sizePricesOf } from '../store/left-behind/list-prices.ts';
import type { Tables } from '../store/schema.ts';

type Contract = typeof provisioning.listLeftBehind;
type Summary = NonNullable<RequestOutput<typeof provisioning.getSaga>['left_behind']>;
type Priced = { kind: string; attrs: Record<string, Json>; is_unseen: boolean };

const sortKey = [/^[a-z0-9_.-]{1,100}$/, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/];

/** Lists what a deployment still has at the provider, with its list price. */
export async function listLeftBehind(
  { input }: ReadRequest<Contract>,
  { db, clock }: Context,
): ContractReply<Contract> {
  const after = readCursor(input.cursor, sortKey);
  if (isRefusal(after)) return after;
  if ((await findDeployment(db, input.deployment_id, null)) === null) return noSuchDeployment();
  const rows = await pageOfLeftBehind(db, await byOffboardings(db, input.deployment_id), { after, limit: input.limit });
  const priceOf = await pricesOf(db, rows, clock.now());
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ kind, resource_id }) => [kind, resource_id],
    itemOf: (row) => {
      const { resource_id, kind, provider_id, name } = row;
      const price = priceOf(row);
      return {
        resource_id,
        kind,
        provider_id,
        name,
        monthly_cost: 'amount' in price ? price : null,
        monthly_cost_unknown_because: 'amount' in price ? null : price.unknownBecause,
      };
    },
  });
}

/** Number and list price of what a deployment still has at the provider. */
export async function summaryOfLeftBehind(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  deploymentId: string,
): Promise<Summary> {
  const groups = await countsOfLeftBehind(db, await byOffboardings(db, deploymentId));
  const priceOf = await pricesOf(db, groups, clock.now());
  let amount = new Decimal(0);
  const summary = { count: 0, unpriced_count: 0, kinds: {} as Record<string, number> };
  for (const group of groups) {
    const price = priceOf(group);
    summary.count += group.count;
    summary.kinds[group.kind] = (summary.kinds[group.kind] ?? 0) + group.count;
    // The provider's own list prices are all in USD; one that an operator loaded may not be.
    if ('amount' in price && price.currency === 'USD')
      amount = amount.plus(new Decimal(price.amount).times(group.count));
    else summary.unpriced_count += group.count;
  }
  return { ...summary, monthly_cost: { amount: canonicalDecimal(amount), currency: 'USD' } };
}

async function byOffboardings(db: Kysely<Tables>, deploymentId: string): Promise<ByOffboardings> {
  const effects = await effectsOfOffboardings(db, deploymentId);
  const { resourceIds, dropletIds } = destroyedResources(effects.flatMap(({ destroyed }) => destroyed));
  const snapshots = effects.flatMap(({ saga_id, snapshots: taken }) =>
    Object.entries(taken).map(([dropletId, providerId]) => ({
      resourceId: resourceId('digitalocean', 'snapshot', providerId),
      providerId,
      name: finalSnapshotName(saga_id, dropletId),
    })),
  );
  return { deploymentId, destroyedIds: resourceIds, destroyedDroplets: dropletIds, snapshots };
}

/** The list prices of today of resources: those that invoicing knows come first, as for drift. */
async function pricesOf(
  db: Kysely<Tables>,
  rows: readonly Priced[],
  now: Temporal.Instant,
): Promise<(row: Priced) => MonthlyPrice> {
  const bySize = await sizePricesOf(
    db,
    rows.flatMap((row) => pricedSize(row) ?? []),
  );
  const kinds = rows.flatMap(({ kind }) => (kindEntry(kind)?.usages ?? []).map((usage) => usage.kind));
  const listed = await billingKindPricesOf(db, { kinds: [...new Set(kinds)], day: dayOf(now) });
  const byKind = new Map(listed.map((price) => [`${price.kind} ${price.dimension}`, price]));
  const listedOf = (kind: string, dimension: string | null) =>
    byKind.get(`${kind} ${dimension ?? ''}`) ?? byKind.get(`${kind} `);
  return (row) =>
    row.is_unseen
      ? { unknownBecause: 'Inventory has not observed it yet.' }
      : monthlyPrice(row, (size) => bySize.get(size), listedOf);
}
