import { type Actor, type invoicing, isRefusal, type RequestInput, tenantScope } from '@arcadia/contracts';
import { cursorKey, pageFrom } from '../paging.ts';
import { pageOfSubscriptions } from '../store/subscriptions/subscriptions.ts';
import type { Context } from '../tenants/look-up-deployment.ts';
import { subscriptionView } from './publish-subscription.ts';

export const listSubscriptions = async (
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.listSubscriptions>; actor: Actor },
) => {
  const after = cursorKey(input.cursor, 2);
  if (isRefusal(after)) return after;
  const rows = await pageOfSubscriptions(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant ?? null,
    deploymentId: input.deployment ?? null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? ''],
    limit: input.limit,
  });
  const now = ctx.clock.now();
  return pageFrom(rows, input.limit, {
    key: ({ starts_at, subscription_id }) => [starts_at, subscription_id],
    item: (row) => subscriptionView(row, now),
  });
};
