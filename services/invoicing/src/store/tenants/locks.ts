import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/**
 * Held until the transaction ends: one at a time decides about a tenant's money. Invoicing, corrections, and changes of terms
 * all take it, so that none of them decides from what another is just changing.
 */
export const lockTenant = async (db: Db, tenantId: string): Promise<void> => {
  await sql`${steady}SELECT pg_advisory_xact_lock(hashtextextended(${`tenant:${tenantId}`}, 0))`.execute(db);
};
