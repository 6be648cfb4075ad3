import type { provisioning } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { projectDeployments } from '../store/deployments/deployments.ts';

/** Keeps which deployments exist and which tenant owns each: usage is accepted only for these. */
export async function consumeDeployments(
  batch: Received<typeof provisioning.deploymentChanged>[],
  tx: Tx,
): Promise<void> {
  await projectDeployments(
    tx.sql,
    batch.map(({ data }) => data),
  );
}
