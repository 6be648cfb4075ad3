import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE saga_runs ADD COLUMN next_orphan_search_at timestamptz`.execute(db);
  await sql`
    COMMENT ON COLUMN saga_runs.next_orphan_search_at IS
      'When the provider is next searched for resources of the saga that appeared after its end; null: no more'`.execute(
    db,
  );
  await sql`
    CREATE INDEX saga_runs_orphan_search ON saga_runs (next_orphan_search_at)
    WHERE next_orphan_search_at IS NOT NULL`.execute(db);
  await sql`
    CREATE TABLE saga_orphans (
      saga_id uuid NOT NULL REFERENCES saga_runs,
      kind text NOT NULL,
      provider_id text NOT NULL,
      name text NOT NULL,
      found_at timestamptz NOT NULL,
      removed_at timestamptz,
      kept_because text,
      PRIMARY KEY (saga_id, kind, provider_id)
    )`.execute(db);
  await sql`COMMENT ON TABLE saga_orphans IS 'Resources that a saga left at the provider, found after its end'`.execute(
    db,
  );
  await sql`COMMENT ON COLUMN saga_orphans.kept_because IS 'Reason that it was not removed; null: it was, or is about to be'`.execute(
    db,
  );
  await sql`ALTER TABLE known_resources ADD COLUMN attributed_by text`.execute(db);
  await sql`COMMENT ON COLUMN known_resources.attributed_by IS 'Basis of the ownership, such as hand; null: unowned or unknown'`.execute(
    db,
  );
}
