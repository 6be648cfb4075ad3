import { inventorySync, isRefusal, type RequestOutput, type RequestRefusal, serviceActor } from '@arcadia/contracts';
import { ServiceFailed, ServiceUnavailable } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { replaceOperatorProjects } from '../store/resources/operator-projects.ts';

/** Per running service: the wall-clock time in milliseconds before which inventory-sync is not requested again. */
const retryAt = new WeakMap<object, number>();
const retryDelayMs = 5000;

type List = typeof inventorySync.listProjects;
type Page = RequestOutput<List> | RequestRefusal<List>;

/**
 * Stores which projects are the operator's own: the operator bears the cost of their resources. While inventory-sync does
 * not answer, the stored projects stay in force.
 */
export async function refreshOperatorProjects(ctx: Context): Promise<void> {
  if ((retryAt.get(ctx.config) ?? 0) > Date.now()) return;
  const ids: string[] = [];
  try {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = await ctx.request(
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
    retryAt.set(ctx.config, Date.now() + retryDelayMs);
    ctx.log.info({ error: error.message }, 'inventory-sync does not answer; the stored operator projects are used');
    return;
  }
  await ctx.transact((tx) => replaceOperatorProjects(tx.sql, ids));
}
