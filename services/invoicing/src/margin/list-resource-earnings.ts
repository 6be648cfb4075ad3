import { type invoicing, isRefusal, type Period, periodOf, type RequestOutput } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { type EarnedLine, earnedShares, earningsOf } from '../domain/margin/earnings.ts';
import { isPassedThrough } from '../domain/rating/pass-through-lines.ts';
import { usageBilledBy } from '../invoices/billed-usage.ts';
import { listPricesOf } from '../store/costs/list-prices.ts';
import { billedByResource } from '../store/costs/provider-bills.ts';
import { type LiveLine, usageLinesOf } from '../store/invoices/invoice-lines.ts';
import { revenueBetween } from '../store/margin/provider-costs.ts';
import { usageOfLineByResource } from '../store/usage/line-facts.ts';
import { sumUsageByResource } from '../store/usage/resource-usage.ts';
import { sumUsage, usageUntil } from '../store/usage/usage-facts.ts';
import { lookUpDeployment } from '../tenants/look-up-deployment.ts';
import { withoutTax } from './show-margin.ts';

type Row = RequestOutput<typeof invoicing.listResourceEarnings>['items'][number];
type Month = { tenantId: string; period: Period; deploymentId: string };

/** Lists what each resource of a deployment costs by list prices and earned in a month, by billing kind. */
export async function listResourceEarnings(
  { input }: ReadRequest<typeof invoicing.listResourceEarnings>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const deployment = await lookUpDeployment(ctx, { deploymentId: input.deployment_id, tenantId: null });
  if (isRefusal(deployment)) return deployment;
  const period = input.period ?? periodOf(ctx.clock.now());
  const month = { tenantId: deployment.tenant_id, period, deploymentId: input.deployment_id };
  const usage = await usageByResource(ctx, month);
  const prices = await listPricesOf(ctx.db, [...new Set(usage.map(({ kind }) => kind))]);
  const earned = await earnedIn(ctx, month);
  const { rows: all, list_currency } = earningsOf(usage, prices, earned?.shares ?? null);
  const rows = input.resource_id === undefined ? all : all.filter((row) => row.resource_id === input.resource_id);
  const rest = after === null ? rows : rows.filter((row) => sortKey(row) > after.join(' '));
  return {
    period,
    deployment_id: input.deployment_id,
    usage_until: await usageUntil(ctx.db, month),
    currency: earned?.currency ?? null,
    list_currency,
    totals: {
      list_cost_cents: rows.reduce((sum, row) => sum + (row.list_cost_cents ?? 0), 0),
      unpriced: rows.filter((row) => row.list_cost_cents === null).length,
      earned_cents: earned === null ? null : rows.reduce((sum, row) => sum + (row.earned_cents ?? 0), 0),
      whole_cents: earned?.whole_cents ?? null,
    },
    ...cutPage(rest, {
      limit: input.limit,
      keyOf: ({ resource_id, kind }) => [resource_id ?? '', kind],
      itemOf: (row) => row,
    }),
    total: rows.length,
  };
}

const sortKey = ({ resource_id, kind }: Row): string => `${resource_id ?? ''} ${kind}`;

const usageByResource = async (ctx: Context, month: Month) => {
  const all = { ...month, asOf: { closeRevision: 'now' as const }, ranges: [], kindsByDay: [] };
  const kinds = [...new Set((await sumUsage(ctx.db, all)).map(({ kind }) => kind))];
  return kinds.length === 0 ? [] : sumUsageByResource(ctx.db, { ...all, kinds });
};

/** What the deployment's month earned; null while it is not invoiced. */
const earnedIn = async (ctx: Context, month: Month) => {
  const { tenantId, period, deploymentId } = month;
  const ofTenant = withoutTax(await revenueBetween(ctx.db, { from: period, to: period, tenantId }));
  const currency = ofTenant[0]?.currency;
  if (currency === undefined) return null;
  const revenue = ofTenant.filter((row) => row.deployment_id === deploymentId && row.currency === currency);
  const lines: EarnedLine[] = [];
  for (const line of await usageLinesOf(ctx.db, month))
    lines.push({
      kind: line.resource_kind ?? '',
      amount_cents: Number(line.amount_cents),
      weights: await weightsOf(ctx, line),
    });
  return { currency, ...earnedShares(lines, revenue) };
};

/** What a line was charged for, by resource: the usage that it bills, or of one that passes a bill through the bill's amounts. */
const weightsOf = async (ctx: Context, line: LiveLine): Promise<EarnedLine['weights']> => {
  const usage = usageBilledBy(line, line);
  if (usage === null) return [];
  return isPassedThrough(line.adjusts_key ?? line.line_key)
    ? billedByResource(ctx.db, usage)
    : usageOfLineByResource(ctx.db, usage);
};
