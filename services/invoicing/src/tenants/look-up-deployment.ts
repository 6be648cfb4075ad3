import { isRefusal, provisioning, serviceActor } from '@arcadia/contracts';
import type { ServiceContext } from '@arcadia/platform';
import type { InvoicingConfig } from '../config.ts';
import type { Db, Schema } from '../store/schema.ts';
import { type DeploymentRow, findDeployment, projectDeployments } from '../store/tenants/deployments.ts';

export type Context = ServiceContext<Schema, InvoicingConfig>;

/**
 * A deployment by its id, for a tenant (null: anyone's). One that was created a moment ago may not have been heard of yet, so
 * its owner is asked once. Another tenant's is as unknown as one that does not exist.
 */
export const knowDeployment = async (
  db: Db,
  ctx: Context,
  asked: { deploymentId: string; tenantId: string | null },
): Promise<DeploymentRow | null> => {
  let found = await findDeployment(db, asked.deploymentId);
  if (found === null) {
    const answer = await ctx.request(
      provisioning.getDeployment,
      { deployment_id: asked.deploymentId },
      { actor: serviceActor('invoicing') },
    );
    if (isRefusal(answer)) return null;
    const { deployment_id, tenant_id, slug, display_name, state, revision } = answer;
    found = { deployment_id, tenant_id, slug, display_name, state, revision };
    await projectDeployments(db, [found]);
  }
  return asked.tenantId !== null && found.tenant_id !== asked.tenantId ? null : found;
};
