import { isRefusal, type provisioning, tenantScope } from '@arcadia/contracts';
import { type ContractReply, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { pageOfDeploymentEvents } from '../store/deployments/deployment-pages.ts';
import { findDeployment } from '../store/deployments/deployments.ts';
import { noSuchDeployment } from './no-such-deployment.ts';

/** Lists the changes of a deployment, newest first. */
export async function listDeploymentEvents(
  { input, actor }: ReadRequest<typeof provisioning.listDeploymentEvents>,
  ctx: Context,
): ContractReply<typeof provisioning.listDeploymentEvents> {
  const before = readCursor(input.cursor, [/^\d{1,9}$/]);
  if (isRefusal(before)) return before;
  if ((await findDeployment(ctx.db, input.deployment_id, tenantScope(actor))) === null) return noSuchDeployment();
  const rows = await pageOfDeploymentEvents(ctx.db, {
    deploymentId: input.deployment_id,
    before: before === null ? null : Number(before[0]),
    limit: input.limit,
  });
  return cutPage(rows, { limit: input.limit, keyOf: (row) => [row.revision], itemOf: (row) => row });
}
