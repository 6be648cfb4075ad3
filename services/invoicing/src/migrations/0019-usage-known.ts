import { type Kysely, sql } from 'kysely';

/** Up to when the usage of a month is known, kept beside the facts because they are too many to look through for each preview. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE usage_known (
      period text NOT NULL,
      granularity text NOT NULL,
      until timestamptz NOT NULL,
      PRIMARY KEY (period, granularity)
    )`,
    `INSERT INTO usage_known SELECT period, granularity, max(period_end) FROM usage_facts GROUP BY period, granularity`,
    `COMMENT ON TABLE usage_known IS 'End of the last day and of the last hour of a month of which any fact has arrived'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
