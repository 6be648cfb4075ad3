import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

const key = sql`hashtextextended('attribution', 0)`;

/**
 * Whoever makes inventory of a page shares this lock; whoever changes whose things are, or looks through all of them, holds
 * it alone. So nothing is discovered with the owners of before while its owners change. Taken before any row is locked,
 * so that the two never wait for each other in a circle.
 */
export const shareAttribution = async (db: Kysely<Database>): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock_shared(${key})`.execute(db);
};

export const holdAttribution = async (db: Kysely<Database>): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${key})`.execute(db);
};
