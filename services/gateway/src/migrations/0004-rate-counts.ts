import { type Kysely, sql } from 'kysely';

/** Requests counted by all replicas. Unlogged: a crash of Postgres forgets the counts of a minute, and counting writes no WAL. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE UNLOGGED TABLE rate_counts (
      key text PRIMARY KEY,
      minute bigint NOT NULL,
      used integer NOT NULL
    ) WITH (fillfactor = 50)`,
    `CREATE INDEX rate_counts_minute ON rate_counts (minute)`,
    `COMMENT ON TABLE rate_counts IS 'Requests of each caller and tenant in its latest minute (since 1970), as all replicas of the gateway have taken them'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
