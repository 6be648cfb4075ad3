import { inventorySync, isRefusal, type RequestOutput, type RequestRefusal, serviceActor } from '@arcadia/contracts';
import { ServiceFailed, ServiceUnavailable } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { nameKey } from '../domain/cost-lines/line-name.ts';
import { enqueueForInvoices } from '../invoices/enqueue-for-invoices.ts';
import { replaceOperatorProjects } from '../store/resources/operator-projects.ts';
import { invoicesNamingProjects, type ListedProject, replaceProjects } from '../store/resources/provider-projects.ts';

/** Per running service: the wall-clock time in milliseconds before which inventory-sync is not requested again. */
const retryAt = new WeakMap<object, number>();
const retryDelayMs = 5000;

type List = typeof inventorySync.listProjects;
type Page = RequestOutput<List> | RequestRefusal<List>;

/**
 * Stores the projects of the provider with their names and tenants, and which are the operator's own: the operator bears the
 * cost of their resources. Invoices with lines that name a project are matched again if anything changed. While inventory-sync
 * does not answer, the stored projects stay in force.
 */
export async function refreshProjects(ctx: Context): Promise<void> {
  if ((retryAt.get(ctx.config) ?? 0) > Date.now()) return;
  const listed: ListedProject[] = [];
  try {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = await ctx.request(
        inventorySync.listProjects,
        { limit: 200, ...(cursor === '' ? {} : { cursor }) },
        { actor: serviceActor(ctx.name), deadlineMs: 3000 },
      );
      if (isRefusal(page)) return;
      listed.push(...page.items.map(listedOf));
      cursor = page.next_cursor;
    }
  } catch (error) {
    if (!(error instanceof ServiceUnavailable) && !(error instanceof ServiceFailed)) throw error;
    retryAt.set(ctx.config, Date.now() + retryDelayMs);
    ctx.log.info({ error: error.message }, 'inventory-sync does not answer; the stored projects are used');
    return;
  }
  await ctx.transact(async (tx) => {
    const internal = listed.filter(({ is_internal }) => is_internal);
    await replaceOperatorProjects(
      tx.sql,
      internal.map(({ project_id }) => project_id),
    );
    if (!(await replaceProjects(tx.sql, listed))) return;
    const invoiceUuids = await invoicesNamingProjects(tx.sql);
    await enqueueForInvoices(tx, 'rematch', { invoiceUuids });
  });
}

const listedOf = (project: Exclude<Page, { refused: string }>['items'][number]) => ({
  project_id: project.project_id,
  provider: project.provider,
  name_key: nameKey(project.name),
  is_internal: project.is_internal,
  tenant_id: project.tenant_id,
  is_current: project.is_present,
});
