import { type invoicing, isRefusal, type Period, periodOf, type RequestOutput } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { listCostOf, qtyOf } from '../domain/margin/without-payer.ts';
import { withPriceSources, withSharedPrices } from '../domain/rating/shared-prices.ts';
import { listPricesOf } from '../store/costs/list-prices.ts';
import { type UnpaidUsage, unpaidUsage } from '../store/margin/unpaid-usage.ts';
import { namesAndStates } from '../store/tenants/deployments.ts';
import { findMargin } from './show-margin.ts';

type Row = RequestOutput<typeof invoicing.listWithoutPayer>['items'][number];
type Asked = { period: Period; tenantId: string | null };

/** Lists what deployments used, or cost, on days without a subscription, by tenant, deployment and kind. */
export async function listWithoutPayer({ input }: ReadRequest<typeof invoicing.listWithoutPayer>, ctx: Context) {
  const after = readCursor(input.cursor, 3);
  if (isRefusal(after)) return after;
  const asked = { period: input.period ?? periodOf(ctx.clock.now()), tenantId: input.tenant_id ?? null };
  const used = await usedRows(ctx, asked);
  const billed = await billedRows(ctx, asked, used.rows);
  const rows = billed.rows.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const rest = after === null ? rows : rows.filter((row) => sortKey(row) > after.join(' '));
  const page = cutPage(rest, {
    limit: input.limit,
    keyOf: ({ tenant_id, deployment_id, kind }) => [tenant_id, deployment_id, kind],
    itemOf: (row) => row,
  });
  return {
    period: asked.period,
    currency: billed.currency,
    provider_currency: billed.provider_currency,
    list_currency: used.currency,
    totals: {
      deployments: new Set(rows.map(({ deployment_id }) => deployment_id)).size,
      list_cost_cents: rows.reduce((sum, row) => sum + (row.list_cost_cents ?? 0), 0),
      cost_provider_cents: sumOrNull(rows.map((row) => row.cost_provider_cents)),
      cost_cents: sumOrNull(rows.map((row) => row.cost_cents)),
    },
    ...page,
    total: rows.length,
  };
}

const sortKey = ({ tenant_id, deployment_id, kind }: Row): string => `${tenant_id} ${deployment_id} ${kind}`;

const sumOrNull = (all: readonly (number | null)[]): number | null =>
  all.reduce<number | null>((sum, each) => (sum === null || each === null ? null : sum + each), 0);

/** What was used without a subscription, valued by the provider's list prices. */
const usedRows = async (ctx: Context, asked: Asked): Promise<{ rows: Row[]; currency: string | null }> => {
  const usage = await unpaidUsage(ctx.db, asked);
  const kinds = withPriceSources([...new Set(usage.map(({ kind }) => kind))]);
  const prices = withSharedPrices(await listPricesOf(ctx.db, kinds), usage);
  let currency: string | null = null;
  const groups = Map.groupBy(usage, ({ deployment_id, kind }) => `${deployment_id} ${kind}`);
  const rows = [...groups.values()].flatMap((own): Row[] => {
    const [first] = own;
    if (first === undefined) return [];
    const listed = listCostOf(own, prices);
    currency ??= listed?.currency ?? null;
    return [
      {
        ...partyOf(first),
        kind: first.kind,
        qty: qtyOf(own),
        first_day: own.map(({ from }) => from).toSorted()[0] ?? null,
        last_day: lastDayOf(own),
        list_cost_cents: listed !== null && listed.currency === currency ? listed.cents : null,
        cost_provider_cents: null,
        cost_cents: null,
      },
    ];
  });
  return { rows, currency };
};

const partyOf = ({
  tenant_id,
  deployment_id,
  name,
  state,
}: Pick<Row, 'tenant_id' | 'deployment_id' | 'name' | 'state'>) => ({
  tenant_id,
  deployment_id,
  name,
  state,
});

const lastDayOf = (own: readonly UnpaidUsage[]): string | null => {
  const until = own
    .map((row) => row.until)
    .toSorted()
    .at(-1);
  return until === undefined ? null : Temporal.PlainDate.from(until).subtract({ days: 1 }).toString();
};

/** The rows with what the provider's invoice charges for them, and what it charges without metered usage. */
const billedRows = async (ctx: Context, { period, tenantId }: Asked, used: Row[]) => {
  const unknown = { rows: used, currency: null, provider_currency: null };
  const filter = {
    period,
    group_by: 'deployment_and_kind' as const,
    ...(tenantId === null ? {} : { tenant_id: tenantId }),
  };
  const found = await findMargin(ctx, filter);
  const rate = isRefusal(found) ? undefined : found.rates.at(-1);
  if (isRefusal(found) || rate === undefined) return unknown;
  const costs = found.margin.rows.filter(({ target }) => target === 'without_payer');
  const known = await namesAndStates(
    ctx.db,
    costs.flatMap(({ deployment_id }) => deployment_id ?? []),
  );
  const rows = new Map(
    used.map((row) => [
      sortKey(row),
      { ...row, cost_provider_cents: 0, cost_cents: rate.rate === null ? null : 0 } as Row,
    ]),
  );
  for (const { tenant_id, deployment_id, kind, cost_provider_cents, cost_cents } of costs) {
    if (tenant_id === null || deployment_id === null || kind === null) continue;
    const { name, state } = known.get(deployment_id) ?? { name: deployment_id, state: 'unknown' };
    const empty = { qty: null, first_day: null, last_day: null, list_cost_cents: null };
    const row = { tenant_id, deployment_id, name, state, kind, ...empty, cost_provider_cents, cost_cents };
    const same = rows.get(sortKey(row));
    rows.set(sortKey(row), same === undefined ? row : { ...same, cost_provider_cents, cost_cents });
  }
  return { rows: [...rows.values()], currency: rate.to, provider_currency: rate.from };
};
