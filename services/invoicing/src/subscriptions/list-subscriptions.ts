import { type invoicing, isRefusal, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { pageOfSubscriptions } from '../store/subscriptions/subscriptions.ts';
import { subscriptionView } from './publish-subscription.ts';

export async function listSubscriptions(
  { input, actor }: ReadRequest<typeof invoicing.listSubscriptions>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const rows = await pageOfSubscriptions(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant ?? null,
    deploymentId: input.deployment ?? null,
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
