import { type Kysely, sql } from 'kysely';

/** The region of a resource, which a bill does not name. A state stored earlier has none until `arcadia rebuild` has it written again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE resource_states ADD COLUMN region text`.execute(db);
}
