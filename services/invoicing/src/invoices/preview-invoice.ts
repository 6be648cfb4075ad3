import {
  type Actor,
  type invoicing,
  isRefusal,
  periodInterval,
  periodOf,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { adjustmentLines } from '../domain/invoices/adjustments.ts';
import { forecastUsage } from '../domain/rating/forecast.ts';
import { rate } from '../domain/rating/rate.ts';
import { pricedOf, withoutKey } from '../rating/priced-view.ts';
import { ratingInput } from '../rating/rate-tenant.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { openManualLines } from '../store/invoices/manual-lines.ts';
import { usageUntil } from '../store/usage/usage-facts.ts';
import { lookUpDeployment } from '../tenants/look-up-deployment.ts';
import { pendingAdjustments } from './pending-adjustments.ts';

type Input = RequestInput<typeof invoicing.previewInvoice>;

/** Rates the current month by the function that will invoice it: as used so far, and as forecast to the month's end. */
export async function previewInvoice({ input, actor }: ReadRequest<typeof invoicing.previewInvoice>, ctx: Context) {
  const tenantId = await tenantOf(ctx, input, actor);
  return isRefusal(tenantId) ? tenantId : refuseTooLarge(() => previewMonth(ctx, input, tenantId));
}

const tenantOf = async (
  ctx: Context,
  input: Input,
  actor: Actor,
): Promise<string | Refusal<'not-found' | 'tenant-missing'>> => {
  const tenantId = tenantScope(actor) ?? input.tenant ?? null;
  if (input.deployment === undefined)
    return tenantId ?? refuse('tenant-missing', 'Give `tenant` or `deployment`: an operator has no tenant of its own.');
  const deployment = await lookUpDeployment(ctx, { deploymentId: input.deployment, tenantId });
  return isRefusal(deployment) ? deployment : deployment.tenant_id;
};

const previewMonth = async (
  ctx: Context,
  input: Input,
  tenantId: string,
): Promise<RequestOutput<typeof invoicing.previewInvoice>> => {
  const period = input.period ?? periodOf(ctx.clock.now());
  const { start } = periodInterval(period);
  const isWhole = input.deployment === undefined;
  const month = { tenantId, period, asOf: { closeRevision: 'now' as const }, deploymentId: input.deployment };
  const { input: used } = await ratingInput(ctx.db, month);
  // Lines of the whole tenant are on its invoice, and not on the part of one deployment.
  const manual = isWhole ? await openManualLines(ctx.db, tenantId, period) : [];
  const given = { ...used, other_lines: [...used.other_lines, ...manual] };
  const until = Temporal.Instant.from((await usageUntil(ctx.db, { tenantId, period })) ?? start.toString());
  const soFar = pricedOf(rate(given));
  const expected = forecastUsage(given, until);
  const adjusted = isWhole
    ? (await pendingAdjustments(ctx.db, { tenantId, before: period, exceptOn: null })).flatMap(
        ({ billed, differences }) => adjustmentLines(billed.period, differences),
      )
    : [];
  return {
    tenant_id: tenantId,
    period,
    usage_until: until.toString(),
    so_far: soFar,
    forecast: expected === given ? soFar : pricedOf(rate(expected)),
    pending_adjustments: adjusted.map(withoutKey),
  };
};
