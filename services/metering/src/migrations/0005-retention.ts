import { type Kysely, sql } from 'kysely';

/** When a period's facts were dropped; they are never made again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`ALTER TABLE periods ADD COLUMN dropped_at timestamptz`).execute(db);
}
