import {
  type Actor,
  isRefusal,
  provisioning,
  type Refusal,
  refuse,
  serviceActor,
  tenantScope,
} from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { type DeploymentRow, findDeployment, projectDeployments } from '../store/tenants/deployments.ts';

/**
 * A deployment of a tenant (null: of any tenant). The event of a deployment created a moment ago may not have arrived; then
 * provisioning is requested once. Another tenant's deployment gives the same refusal as an unknown one.
 */
export async function lookUpDeployment(
  ctx: Context,
  wanted: { deploymentId: string; tenantId: string | null },
): Promise<DeploymentRow | Refusal<'not-found'>> {
  const { deploymentId, tenantId } = wanted;
  const found = (await findDeployment(ctx.db, deploymentId)) ?? (await requestDeployment(ctx, deploymentId));
  if (found === null || (tenantId !== null && found.tenant_id !== tenantId))
    return refuse('not-found', `There is no deployment ${deploymentId}${tenantId === null ? '' : ` of ${tenantId}`}.`);
  return found;
}

/** The deployment of a command, looked up before its transaction: a tenant's own, or any for an operator. */
export function resolveDeployment(
  { input, actor }: { input: { deployment_id: string }; actor: Actor },
  ctx: Context,
): Promise<DeploymentRow | Refusal<'not-found'>> {
  return lookUpDeployment(ctx, { deploymentId: input.deployment_id, tenantId: tenantScope(actor) });
}

const requestDeployment = async (ctx: Context, deploymentId: string): Promise<DeploymentRow | null> => {
  const reply = await ctx.request(
    provisioning.getDeployment,
    { deployment_id: deploymentId },
    { actor: serviceActor('invoicing') },
  );
  if (isRefusal(reply)) return null;
  await projectDeployments(ctx.db, [reply]);
  const { deployment_id, tenant_id, slug, display_name, state, revision } = reply;
  return { deployment_id, tenant_id, slug, display_name, state, revision };
};
