import { type Kysely, sql } from 'kysely';

/** An alert that is deleted ends, so that its crossings and who ended it stay known. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `ALTER TABLE alert_rules ADD COLUMN ended_at timestamptz, ADD COLUMN ended_by text,
    ADD CONSTRAINT alert_rules_ended_check CHECK ((ended_at IS NULL) = (ended_by IS NULL))`,
  `COMMENT ON TABLE alert_rules IS 'Thresholds that raise an alert; ended_at is set once one is deleted'`,
];
