import { type Kysely, sql } from 'kysely';

/**
 * Everybody who has rotated a key has had a token of it, which is accepted for a while after the next rotation. Null for a key that was not
 * rotated since: its maker and the person of `rotated_by` are known.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE api_keys ADD COLUMN holders text[]').execute(db);
}
