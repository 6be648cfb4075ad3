import type { provisioning } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { upsertDeployments } from '../store/deployments/deployments.ts';

/** Stores which deployments exist and their tenants; allocation rules may name no others. */
export async function consumeDeployments(
  batch: Received<typeof provisioning.deploymentChanged>[],
  tx: Tx,
): Promise<void> {
  await upsertDeployments(
    tx.sql,
    batch.map(({ data }) => data),
  );
}
