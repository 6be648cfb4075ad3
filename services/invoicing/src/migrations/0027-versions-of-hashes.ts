import { type Kysely, sql } from 'kysely';

/** The way in which a close hashed its facts; null for closes that were published before they named it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE period_closes ADD COLUMN hash_version integer').execute(db);
}
