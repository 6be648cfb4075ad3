import { type Kysely, sql } from 'kysely';

/** The fields of an item that only some charge models have, by their names in the contract; null, as in all existing items: none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE plan_items ADD COLUMN parameters jsonb').execute(db);
}
