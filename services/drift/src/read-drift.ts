import {
  Decimal,
  dayOf,
  type drift,
  isRefusal,
  type MonthlyPrice,
  type Refusal,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor, readSorting, sortCursor } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Context } from './context.ts';
import { monthlyCost, pricedKinds, pricedSizes } from './domain/monthly-cost.ts';
import { pricesOf, type SelectedDrift, selectDrift } from './store/drift-rows.ts';
import { listPricesOf } from './store/list-prices.ts';
import type { Tables } from './store/schema.ts';

type View = RequestOutput<typeof drift.getDrift>;

export async function listDrift({ input }: ReadRequest<typeof drift.listDrift>, ctx: Context) {
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const after = sorting === null ? readCursor(input.cursor, 2) : null;
  if (isRefusal(after)) return after;
  const rows = await selectDrift(ctx.db, {
    status: input.status === 'all' ? undefined : input.status,
    kind: input.kind,
    deploymentId: input.deployment_id,
    resourceId: input.resource_id,
    text: input.q,
    after,
    sorting,
    limit: input.limit,
  });
  const costOf = await costsOf(ctx.db, rows, ctx.clock.now());
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ detected_at, drift_id: id, sort_key }) =>
      sorting === null ? [detected_at, id] : sortCursor(sorting, { sort_key, id }),
    itemOf: (row) => viewOf(row, costOf(row)),
  });
}

export async function getDrift({ input }: ReadRequest<typeof drift.getDrift>, ctx: Context) {
  return readView(ctx.db, input.drift_id, ctx.clock.now());
}

export async function readView(
  db: Kysely<Tables>,
  driftId: string,
  now: Temporal.Instant,
): Promise<View | Refusal<'not-found'>> {
  const [row] = await selectDrift(db, { driftId, limit: 1 });
  return row === undefined ? noSuchDrift() : viewOf(row, (await costsOf(db, [row], now))(row));
}

/** Rows of open drift that are read at once. */
const rowsAtOnce = 1_000;

export async function summarizeDrift(_: ReadRequest<typeof drift.summarizeDrift>, ctx: Context) {
  const kinds = new Map<View['kind'], number>();
  const sums = new Map<string, Decimal>();
  let withoutPrice = 0;
  const now = ctx.clock.now();
  let after: string[] | null = null;
  do {
    const found: SelectedDrift[] = await selectDrift(ctx.db, { status: 'open', after, limit: rowsAtOnce });
    const rows = found.slice(0, rowsAtOnce);
    const costOf = await costsOf(ctx.db, rows, now);
    for (const row of rows) {
      kinds.set(row.kind, (kinds.get(row.kind) ?? 0) + 1);
      const cost = costOf(row);
      if ('amount' in cost) sums.set(cost.currency, (sums.get(cost.currency) ?? new Decimal(0)).plus(cost.amount));
      else withoutPrice += 1;
    }
    const last = rows.at(-1);
    after = found.length > rowsAtOnce && last !== undefined ? [last.detected_at, last.drift_id] : null;
  } while (after !== null);
  return {
    open: [...kinds.values()].reduce((sum, count) => sum + count, 0),
    kinds: [...kinds].map(([kind, open]) => ({ kind, open })),
    monthly_costs: [...sums].map(([currency, amount]) => ({ amount: amount.toFixed(), currency })),
    without_price: withoutPrice,
  };
}

/** The monthly costs of differences, from the list prices of today of all their kinds and sizes. */
async function costsOf(
  db: Kysely<Tables>,
  rows: readonly SelectedDrift[],
  now: Temporal.Instant,
): Promise<(row: SelectedDrift) => MonthlyPrice> {
  const sizes = rows.flatMap((row) => pricedSizes(row).map((size) => ({ provider: row.provider, size })));
  const found = await pricesOf(db, sizes);
  const bySize = new Map(found.map((price) => [`${price.provider} ${price.size}`, price]));
  const listed = await listPricesOf(db, { kinds: [...new Set(rows.flatMap(pricedKinds))], day: dayOf(now) });
  const byKind = new Map(listed.map((price) => [`${price.kind} ${price.dimension}`, price]));
  const listedOf = (kind: string, dimension: string | null) =>
    byKind.get(`${kind} ${dimension ?? ''}`) ?? byKind.get(`${kind} `);
  return (row) => monthlyCost(row, (size) => bySize.get(`${row.provider} ${size}`), listedOf);
}

export function noSuchDrift(): Refusal<'not-found'> {
  return refuse('not-found', 'There is no drift with this `drift_id`.');
}

function viewOf(row: SelectedDrift, cost: MonthlyPrice): View {
  return {
    drift_id: row.drift_id,
    resource_id: row.resource_id,
    deployment_id: row.deployment_id,
    tenant_id: row.tenant_id,
    kind: row.kind,
    field: row.field,
    expected: row.expected,
    actual: row.actual,
    spec_version: row.spec_version,
    revision: row.revision,
    status: row.status,
    provider: row.provider,
    resource_kind: row.resource_kind,
    provider_id: row.provider_id,
    resource_name: row.resource_name,
    requested: requestOf(row),
    refusal: row.refusal,
    reason: row.reason,
    monthly_cost: 'amount' in cost ? cost : null,
    monthly_cost_unknown_because: 'amount' in cost ? null : cost.unknownBecause,
    detected_at: row.detected_at,
    closed_at: row.closed_at,
    closed_by: row.closed_by,
  };
}

function requestOf(row: SelectedDrift): View['requested'] {
  if (row.requested_action === null) return null;
  return {
    action: row.requested_action,
    by: row.requested_by ?? '',
    at: row.requested_at ?? row.detected_at,
    saga_id: row.saga_id,
  };
}
