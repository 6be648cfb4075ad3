import { type Kysely, sql } from 'kysely';

/** The resource that a reading's subject is, if it is one that inventory may observe: observed time is not counted twice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`ALTER TABLE reading_subjects ADD COLUMN resource_id uuid`).execute(db);
  await sql.raw(`CREATE INDEX reading_subjects_resource ON reading_subjects (resource_id)`).execute(db);
}
