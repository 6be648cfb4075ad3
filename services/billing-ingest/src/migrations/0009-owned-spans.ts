import { type Kysely, sql } from 'kysely';

/** From when until when a share's target owned the resource of a line with several owners; null for every earlier share. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE cloud_cost_allocations ADD COLUMN owned_from timestamptz, ADD COLUMN owned_until timestamptz`.execute(
    db,
  );
}
