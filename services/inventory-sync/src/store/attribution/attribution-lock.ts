import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

const key = sql`hashtextextended('attribution', 0)`;

/**
 * A transaction that records a page of a listing holds this lock together with others; one that changes owners, or compares the
 * owners of all resources, holds it alone. So no resource is discovered with a former owner while its owner changes. It is taken
 * before any row is locked, so that two transactions never deadlock.
 */
export const holdAttributionShared = async (db: Kysely<Tables>): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock_shared(${key})`.execute(db);
};

export const holdAttribution = async (db: Kysely<Tables>): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${key})`.execute(db);
};
