import { type Kysely, sql } from 'kysely';

/** Tags are compared without case, as the provider compares them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE INDEX tag_bindings_without_case ON tag_bindings (lower(tag))`.execute(db);
}
