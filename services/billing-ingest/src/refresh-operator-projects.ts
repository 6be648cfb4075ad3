import { inventorySync, isRefusal, type Refusal, type RequestOutput, serviceActor } from '@arcadia/contracts';
import { ServiceFailed, ServiceUnavailable } from '@arcadia/platform';
import { sql } from 'kysely';
import type { BillingContext } from './context.ts';

/** Until when, on the wall, a service that could not answer is left alone, by running service. */
const unanswered = new WeakMap<object, number>();
const leftAloneMs = 5000;

type ProjectPage = RequestOutput<typeof inventorySync.listProjects> | Refusal;

/**
 * Which projects are the operator's own: what lies in them costs the operator and nobody else. Inventory is asked; while it
 * cannot answer, what it answered before holds.
 */
export const refreshOperatorProjects = async (ctx: BillingContext): Promise<void> => {
  if ((unanswered.get(ctx.config) ?? 0) > Date.now()) return;
  const ids: string[] = [];
  try {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: ProjectPage = await ctx.request(
        inventorySync.listProjects,
        { limit: 200, ...(cursor === '' ? {} : { cursor }) },
        { actor: serviceActor(ctx.name), deadlineMs: 3000 },
      );
      if (isRefusal(page)) return;
      ids.push(...page.items.filter(({ is_internal }) => is_internal).map(({ project_id }) => project_id));
      cursor = page.next_cursor;
    }
  } catch (error) {
    if (!(error instanceof ServiceUnavailable) && !(error instanceof ServiceFailed)) throw error;
    unanswered.set(ctx.config, Date.now() + leftAloneMs);
    ctx.log.info({ error: error.message }, 'inventory cannot tell the projects of the operator now');
    return;
  }
  await ctx.transact(async (tx) => {
    await sql`DELETE FROM operator_projects WHERE project_id <> ALL(${ids}::uuid[])`.execute(tx.sql);
    await sql`INSERT INTO operator_projects SELECT unnest(${ids}::uuid[]) ON CONFLICT DO NOTHING`.execute(tx.sql);
  });
};
