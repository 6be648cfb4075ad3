import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/** Whether this service has any record of the tenant: a deployment, a subscription or a billing profile. */
export const isKnownTenant = async (db: Db, tenantId: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM deployments WHERE tenant_id = ${tenantId}
    UNION ALL SELECT 1 FROM subscriptions WHERE tenant_id = ${tenantId}
    UNION ALL SELECT 1 FROM billing_profiles WHERE tenant_id = ${tenantId} LIMIT 1`.execute(db);
  return rows.length > 0;
};
