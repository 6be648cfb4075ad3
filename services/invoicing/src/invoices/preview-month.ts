import {
  type Actor,
  type invoicing,
  isRefusal,
  type Period,
  periodInterval,
  periodOf,
  type Refusal,
  type RequestInput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { adjustmentLines } from '../domain/invoices/adjustments.ts';
import type { RatingInput } from '../domain/rating/rate.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';
import { ratingInput } from '../rating/rate-tenant.ts';
import { openManualLines } from '../store/invoices/manual-lines.ts';
import { usageUntil } from '../store/usage/usage-facts.ts';
import { lookUpDeployment } from '../tenants/look-up-deployment.ts';
import { pendingAdjustments } from './pending-adjustments.ts';

type Wanted = Pick<RequestInput<typeof invoicing.previewInvoice>, 'tenant_id' | 'deployment_id' | 'period'>;

/** The month of a tenant, or of one of its deployments, that is previewed. */
export type PreviewedMonth = { tenantId: string; period: Period; deploymentId: string | undefined };

export const previewedMonth = async (
  ctx: Context,
  wanted: Wanted,
  actor: Actor,
): Promise<PreviewedMonth | Refusal<'not-found' | 'tenant-missing'>> => {
  const { deployment_id: deploymentId, period = periodOf(ctx.clock.now()) } = wanted;
  const tenantId = tenantScope(actor) ?? wanted.tenant_id ?? null;
  if (deploymentId === undefined) {
    return tenantId === null
      ? refuse('tenant-missing', 'Give `tenant_id` or `deployment_id`: an operator has no tenant of its own.')
      : { tenantId, period, deploymentId };
  }
  const deployment = await lookUpDeployment(ctx, { deploymentId, tenantId });
  return isRefusal(deployment) ? deployment : { tenantId: deployment.tenant_id, period, deploymentId };
};

/** What the month rests on so far: its terms and usage, and the lines added by hand. */
export const inputSoFar = async (ctx: Context, month: PreviewedMonth): Promise<RatingInput> => {
  const draws = month.deploymentId === undefined ? { draws: { exceptOn: null } } : {};
  const { input } = await ratingInput(ctx.db, { ...month, ...draws, asOf: { closeRevision: 'now' }, isEstimate: true });
  // Lines of the whole tenant are on its invoice, and not on the part of one deployment.
  if (month.deploymentId !== undefined) return input;
  return { ...input, other_lines: await openManualLines(ctx.db, month.tenantId, month.period) };
};

/** The end of the tenant's last day with usage; the start of the month if there is none. */
export const countedUntil = async (ctx: Context, { tenantId, period }: PreviewedMonth): Promise<Temporal.Instant> =>
  Temporal.Instant.from((await usageUntil(ctx.db, { tenantId, period })) ?? periodInterval(period).start.toString());

/** Corrections of earlier months that the next invoice of the tenant will contain; none for one deployment alone. */
export const adjustmentsBefore = async (ctx: Context, month: PreviewedMonth): Promise<RatedLine[]> => {
  const { tenantId, period, deploymentId } = month;
  if (deploymentId !== undefined) return [];
  const pending = await pendingAdjustments(ctx.db, { tenantId, before: period, exceptOn: null });
  return pending.flatMap(({ billed, differences }) => adjustmentLines(billed.period, differences));
};
