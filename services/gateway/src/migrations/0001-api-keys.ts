import { type Kysely, sql } from 'kysely';

/** A token is random, so a plain digest of it cannot be reversed; after a rotation the former one is accepted for a while. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE api_keys (
      key_id uuid PRIMARY KEY,
      name text NOT NULL,
      role text NOT NULL,
      tenant_id text,
      token_sha256 text NOT NULL,
      former_sha256 text,
      former_until timestamptz,
      created_at timestamptz NOT NULL,
      created_by text NOT NULL,
      expires_at timestamptz NOT NULL,
      rotated_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz,
      revoked_by text
    )`.execute(db);
  await sql`CREATE INDEX api_keys_newest ON api_keys (created_at DESC, key_id DESC)`.execute(db);
  await sql`CREATE INDEX api_keys_tenant ON api_keys (tenant_id, created_at DESC, key_id DESC)`.execute(db);
  await sql`COMMENT ON TABLE api_keys IS 'API keys of programs, with the sha256 digests of their tokens'`.execute(db);
}
