import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE saga_runs
      ADD COLUMN waiting_for text,
      ADD COLUMN waits integer NOT NULL DEFAULT 0,
      ADD COLUMN attempts_before integer NOT NULL DEFAULT 0`.execute(db);
  await sql`COMMENT ON COLUMN saga_runs.waiting_for IS 'Reason that the present step runs again later; null: it does not wait'`.execute(
    db,
  );
  await sql`COMMENT ON COLUMN saga_runs.waits IS 'Times that the provider has refused the present step for the present'`.execute(
    db,
  );
  await sql`COMMENT ON COLUMN saga_runs.attempts_before IS 'Attempts of the present step before the last retry of the saga'`.execute(
    db,
  );
}
