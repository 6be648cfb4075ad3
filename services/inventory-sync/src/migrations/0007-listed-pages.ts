import { type Kysely, sql } from 'kysely';

/** The pages of the provider's listings that a process has handled, so that an unchanged page need not be read again (decision 0088). */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `CREATE TABLE listed_pages (
    reader uuid NOT NULL,
    kind text NOT NULL,
    place text NOT NULL,
    fingerprint text NOT NULL,
    next text,
    total integer,
    identities text[] NOT NULL,
    resource_ids uuid[] NOT NULL,
    state_hashes text[] NOT NULL,
    handled_at timestamptz NOT NULL,
    PRIMARY KEY (reader, kind, place)
  )`,
  // Ids and hashes cannot be compressed, so trying to costs time only.
  `ALTER TABLE listed_pages ALTER COLUMN resource_ids SET STORAGE EXTERNAL, ALTER COLUMN state_hashes SET STORAGE EXTERNAL`,
  `COMMENT ON TABLE listed_pages IS 'Pages of listings as a process last handled them, with the resources and states that they show'`,
];
