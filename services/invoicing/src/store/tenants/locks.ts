import { steady, unawaited } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/**
 * Locks a tenant until the transaction ends, so that its money is decided by one transaction at a time. Invoicing, corrections and
 * changes of terms all take it; none of them decides from rows that another is changing.
 */
export const lockTenant = async (db: Db, tenantId: string): Promise<void> => {
  await lock(tenantId).execute(db);
};

/** The same before the next statement runs, with which it is sent; for a transaction that decides from what it reads from then on. */
export const lockTenantFirst = async (db: Db, tenantId: string): Promise<void> => {
  await sql`${lock(tenantId)}${unawaited}`.execute(db);
};

const lock = (tenantId: string) =>
  sql`${steady}SELECT pg_advisory_xact_lock(hashtextextended(${`tenant:${tenantId}`}, 0))`;
