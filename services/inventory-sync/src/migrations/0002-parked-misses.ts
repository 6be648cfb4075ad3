import { type Kysely, sql } from 'kysely';

/** Since when no listing has shown a resource, parked ones included: what a parked listing tells counts once it is confirmed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE cloud_resources ADD COLUMN parked_missing_since timestamptz`.execute(db);
}
