import { type Kysely, sql } from 'kysely';

/** Who rotated a key last has its token: for a second person's approval, a key stands for the persons who have had a token of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE api_keys ADD COLUMN rotated_by text').execute(db);
}
