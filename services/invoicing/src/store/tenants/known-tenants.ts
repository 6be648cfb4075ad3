import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/** Whether anything here is of a tenant: a deployment, a subscription, or how it is billed. Nobody else's name may be billed by hand. */
export const isKnownTenant = async (db: Db, tenantId: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM deployments WHERE tenant_id = ${tenantId}
    UNION ALL SELECT 1 FROM subscriptions WHERE tenant_id = ${tenantId}
    UNION ALL SELECT 1 FROM billing_profiles WHERE tenant_id = ${tenantId} LIMIT 1`.execute(db);
  return rows.length > 0;
};
