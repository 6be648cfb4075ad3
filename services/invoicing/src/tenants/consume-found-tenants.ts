import type { inventorySync } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { createFoundTenants } from './publish-tenants.ts';

/** Creates the tenants of projects that were classified before tenants were created explicitly. */
export async function consumeFoundTenants(batch: Received<typeof inventorySync.tenantFound>[], tx: Tx): Promise<void> {
  await createFoundTenants(
    tx,
    batch.map(({ data }) => data.tenant_id),
  );
}
