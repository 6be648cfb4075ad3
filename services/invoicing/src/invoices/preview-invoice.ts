import {
  type Actor,
  type invoicing,
  type Period,
  periodInterval,
  periodOf,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import { forecastUsage } from '../domain/rating/forecast.ts';
import type { Rating } from '../domain/rating/rate.ts';
import { rate } from '../domain/rating/rate.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';
import { ratingInput } from '../rating/rate-tenant.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { openManualLines } from '../store/invoices/manual-lines.ts';
import { usageUntil } from '../store/usage/usage-facts.ts';
import { type Context, knowDeployment } from '../tenants/look-up-deployment.ts';
import { pendingAdjustments } from './pending-adjustments.ts';

type Answer = RequestOutput<typeof invoicing.previewInvoice> | Refusal;

/** A line's key is for comparing ratings; whoever reads a preview has no use for it. */
const withoutKey = ({ key: _key, ...line }: RatedLine): Omit<RatedLine, 'key'> => line;

export const pricedOf = ({
  currency,
  lines,
  unrated,
  subtotal_cents,
  tax_cents,
  total_cents,
  rating_version,
  input_hash,
  output_hash,
}: Rating): RequestOutput<typeof invoicing.previewInvoice>['so_far'] => ({
  currency,
  lines: lines.map(withoutKey),
  unbilled: unrated,
  subtotal_cents,
  tax_cents,
  total_cents,
  rating_version,
  input_hash,
  output_hash,
});

const whose = async (
  ctx: Context,
  input: RequestInput<typeof invoicing.previewInvoice>,
  actor: Actor,
): Promise<string | Refusal> => {
  const scope = tenantScope(actor);
  if (input.deployment !== undefined) {
    const deployment = await knowDeployment(ctx.db, ctx, {
      deploymentId: input.deployment,
      tenantId: scope ?? input.tenant ?? null,
    });
    return deployment?.tenant_id ?? refuse('not-found', `There is no deployment ${input.deployment}.`);
  }
  return scope ?? input.tenant ?? refuse('tenant-missing', 'Name the tenant whose month is to be previewed.');
};

/** The running month by the same function that will invoice it: as used so far, and as it comes to if it goes on like this. */
export const previewInvoice = async (
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.previewInvoice>; actor: Actor },
): Promise<Answer> => {
  const tenantId = await whose(ctx, input, actor);
  if (typeof tenantId !== 'string') return tenantId;
  return refuseTooLarge(() => previewMonth(ctx, input, tenantId));
};

const previewMonth = async (
  ctx: Context,
  input: RequestInput<typeof invoicing.previewInvoice>,
  tenantId: string,
): Promise<Exclude<Answer, Refusal>> => {
  const period: Period = input.period ?? periodOf(ctx.clock.now());
  const { start } = periodInterval(period);
  const month = { tenantId, period, asOf: { closeRevision: 'now' as const }, deploymentId: input.deployment };
  const { input: used } = await ratingInput(ctx.db, month);
  // Lines of the whole tenant belong on its invoice, not on one deployment's part of it.
  const manual = input.deployment === undefined ? await openManualLines(ctx.db, tenantId, period) : [];
  const given = { ...used, other_lines: [...used.other_lines, ...manual] };
  const until = Temporal.Instant.from((await usageUntil(ctx.db, { tenantId, period })) ?? start.toString());
  const soFar = pricedOf(rate(given));
  const expected = forecastUsage(given, until);
  const adjusted =
    input.deployment === undefined
      ? (await pendingAdjustments(ctx.db, { tenantId, before: period, exceptOn: null })).lines
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
