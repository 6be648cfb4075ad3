import { type invoicing, isRefusal, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { pageOfSubscriptions, subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import { subscriptionView } from './publish-subscription.ts';

export async function listSubscriptions(
  { input, actor }: ReadRequest<typeof invoicing.listSubscriptions>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const rows = await pageOfSubscriptions(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant_id ?? null,
    deploymentId: input.deployment_id ?? null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? ''],
    limit: input.limit,
  });
  const now = ctx.clock.now();
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ starts_at, subscription_id }) => [starts_at, subscription_id],
    itemOf: (row) => subscriptionView(row, now),
  });
}

/** The subscription in force of a deployment, or its newest. */
export async function getSubscription({ input, actor }: ReadRequest<typeof invoicing.getSubscription>, ctx: Context) {
  const tenantId = tenantScope(actor);
  const all = await subscriptionsOf(ctx.db, input.deployment_id);
  const now = ctx.clock.now();
  const views = all
    .filter(({ tenant_id }) => tenantId === null || tenant_id === tenantId)
    .map((row) => subscriptionView(row, now));
  const shown = views.findLast(({ status }) => status !== 'cancelled') ?? views.at(-1);
  return shown ?? refuse('not-found', `Deployment ${input.deployment_id} has no subscription.`);
}
