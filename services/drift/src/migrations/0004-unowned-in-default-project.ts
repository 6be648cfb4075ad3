import { type Kysely, sql } from 'kysely';

/** A member of the default project may be unowned, so the project alone no longer shows whether a resource has an owner. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE live ADD COLUMN attributed_by text`.execute(db);
  await sql`COMMENT ON COLUMN live.attributed_by IS 'Basis of the ownership; null: unowned'`.execute(db);
  // Until inventory publishes a resource again, its project counts as its owner, as before.
  await sql`UPDATE live SET attributed_by = 'project' WHERE project_id IS NOT NULL`.execute(db);
  // Its index of unowned resources goes with the column.
  await sql`ALTER TABLE live DROP COLUMN project_id`.execute(db);
  await sql`
    CREATE INDEX live_unowned ON live (kind)
    WHERE is_present AND tenant_id IS NULL AND deployment_id IS NULL AND attributed_by IS NULL`.execute(db);
}
