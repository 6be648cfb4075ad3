import { type provisioning, tenantScope } from '@arcadia/contracts';
import type { ContractReply, ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { viewOf } from '../domain/deployments/deployment.ts';
import { findDeployment } from '../store/deployments/deployments.ts';
import { noSuchDeployment } from './no-such-deployment.ts';

/** Gets one deployment; a tenant gets only its own. */
export async function getDeployment(
  { input, actor }: ReadRequest<typeof provisioning.getDeployment>,
  ctx: Context,
): ContractReply<typeof provisioning.getDeployment> {
  const found = await findDeployment(ctx.db, input.deployment_id, tenantScope(actor));
  return found === null ? noSuchDeployment() : viewOf(found);
}
