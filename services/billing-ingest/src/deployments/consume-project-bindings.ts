import { projectId, type provisioning } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { enqueueForInvoices } from '../invoices/enqueue-for-invoices.ts';
import { insertDeploymentProjects, invoicesNamingProjects } from '../store/resources/provider-projects.ts';

/** Stores the projects of each revision of a deployment, and has the invoices matched again whose lines may get another owner by this. */
export async function consumeProjectBindings(
  batch: Received<typeof provisioning.deploymentChanged>[],
  tx: Tx,
): Promise<void> {
  const isChanged = await insertDeploymentProjects(
    tx.sql,
    batch.map(({ data }) => ({
      deployment_id: data.deployment_id,
      revision: data.revision,
      effective_at: data.effective_at,
      tenant_id: data.tenant_id,
      project_ids: data.project_bindings
        .map(({ provider, provider_project_id }) => projectId(provider, provider_project_id))
        .toSorted(),
    })),
  );
  if (!isChanged) return;
  const invoiceUuids = await invoicesNamingProjects(tx.sql);
  await enqueueForInvoices(tx, 'rematch', { invoiceUuids });
}
