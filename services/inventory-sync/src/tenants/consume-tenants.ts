import type { invoicing } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { keepTenants } from '../store/tenants/tenants.ts';

/** Keeps the ids of tenants, which commands that name one need. */
export async function consumeTenants(batch: Received<typeof invoicing.tenantCreated>[], tx: Tx): Promise<void> {
  await keepTenants(
    tx.sql,
    batch.map(({ data }) => data.tenant_id),
  );
}
