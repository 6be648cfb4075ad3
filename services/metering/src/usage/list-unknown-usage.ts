import { isRefusal, type metering, periodInterval, periodOf, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { earlier } from '../domain/days/windows.ts';
import { unknownDetail } from '../domain/usage/unknown-usage.ts';
import { bringStatesUpToDate } from '../observations/bring-states-up-to-date.ts';
import { pageOfUnknownUsage } from '../store/usage/unknown-usage.ts';
import { instantOf } from './list-usage.ts';

/** Lists the times of a range, up to now, in which a resource was used in an unknown quantity. */
export async function listUnknownUsage({ input, actor }: ReadRequest<typeof metering.listUnknownUsage>, ctx: Context) {
  const now = ctx.clock.now();
  const start = input.from === undefined ? periodInterval(periodOf(now)).start : instantOf(input.from);
  const to = input.to === undefined ? now : instantOf(input.to);
  if (Temporal.Instant.compare(start, to) > 0)
    return refuse('invalid-range', `The range from ${start} to ${to} ends before it begins.`);
  const end = earlier(to, now);
  const after = readCursor(input.cursor, 5);
  if (isRefusal(after)) return after;
  const tenant = tenantScope(actor) ?? input.tenant_id;
  const isForeign = input.tenant_id !== undefined && input.tenant_id !== tenant;
  if (isForeign || Temporal.Instant.compare(start, end) >= 0) return { items: [], next_cursor: null };
  await bringStatesUpToDate(ctx);
  const rows = await pageOfUnknownUsage(ctx.db, {
    start,
    end,
    ...(tenant === undefined ? {} : { tenant }),
    ...(input.deployment_id === undefined ? {} : { deployment: input.deployment_id }),
    ...(input.kind === undefined ? {} : { kind: input.kind }),
    limit: input.limit + 1,
    after,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: (row) => [row.deployment_id, row.resource_id, row.kind, row.dimension ?? '', row.from],
    itemOf: ({ metered_from: meteredFrom, ...row }) => ({ ...row, detail: unknownDetail({ ...row, meteredFrom }) }),
  });
}
