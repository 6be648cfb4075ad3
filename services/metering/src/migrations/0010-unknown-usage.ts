import { type Kysely, sql } from 'kysely';

/** States of unknown units are listed by owner and time; there are few of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`CREATE INDEX states_unknown ON states (ends_at) WHERE units IS NULL AND deployment_id IS NOT NULL`)
    .execute(db);
}
