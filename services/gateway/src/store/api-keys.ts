import { type Kysely, sql, type Transaction } from 'kysely';
import type { ApiKeyRow, Tables } from './schema.ts';

export async function insertKey(
  db: Transaction<Tables>,
  key: Pick<
    ApiKeyRow,
    'key_id' | 'name' | 'role' | 'tenant_id' | 'token_sha256' | 'created_at' | 'created_by' | 'expires_at'
  >,
): Promise<ApiKeyRow> {
  return db
    .insertInto('api_keys')
    .values({ ...noHistory, ...key })
    .returningAll()
    .executeTakeFirstOrThrow();
}

const noHistory = {
  former_sha256: null,
  former_until: null,
  rotated_at: null,
  rotated_by: null,
  holders: null,
  last_used_at: null,
  revoked_at: null,
  revoked_by: null,
};

/** A key, of one tenant if `tenantId` is given (null: of any). */
export async function findKey(
  db: Kysely<Tables>,
  { keyId, tenantId }: { keyId: string; tenantId: string | null },
): Promise<ApiKeyRow | null> {
  const own = tenantId === null ? sql`` : sql`AND tenant_id = ${tenantId}`;
  const found = await sql<ApiKeyRow>`SELECT * FROM api_keys WHERE key_id = ${keyId}::uuid ${own}`.execute(db);
  return found.rows[0] ?? null;
}

/** The same, locked until the end of the transaction. */
export async function lockKey(
  db: Transaction<Tables>,
  { keyId, tenantId }: { keyId: string; tenantId: string | null },
): Promise<ApiKeyRow | null> {
  const own = tenantId === null ? sql`` : sql`AND tenant_id = ${tenantId}`;
  const found = await sql<ApiKeyRow>`SELECT * FROM api_keys WHERE key_id = ${keyId}::uuid ${own} FOR UPDATE`.execute(
    db,
  );
  return found.rows[0] ?? null;
}

/** Keys, newest first: `limit + 1` of them if there are more than `limit`. `after` is [created_at, key_id]. */
export async function pageOfKeys(
  db: Kysely<Tables>,
  query: { tenantId: string | null; text: string | undefined; after: readonly string[] | null; limit: number },
): Promise<ApiKeyRow[]> {
  const { tenantId, text, after, limit } = query;
  const rows = await sql<ApiKeyRow>`
    SELECT * FROM api_keys
    WHERE true
      ${tenantId === null ? sql`` : sql`AND tenant_id = ${tenantId}`}
      ${text === undefined ? sql`` : sql`AND strpos(lower(name), lower(${text})) > 0`}
      ${after === null ? sql`` : sql`AND (created_at, key_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    ORDER BY created_at DESC, key_id DESC LIMIT ${limit + 1}`.execute(db);
  return rows.rows;
}

/** Replaces the token; the present one becomes the former one, accepted until `formerUntil`. */
export async function replaceToken(
  db: Transaction<Tables>,
  change: { keyId: string; digest: string; at: string; by: string; formerUntil: string },
): Promise<ApiKeyRow> {
  const rows = await sql<ApiKeyRow>`
    UPDATE api_keys SET former_sha256 = token_sha256, former_until = ${change.formerUntil}::timestamptz,
      token_sha256 = ${change.digest}, rotated_at = ${change.at}::timestamptz, rotated_by = ${change.by},
      holders = array_remove(array_remove(coalesce(holders, ARRAY[rotated_by]), ${change.by}), NULL) || ${change.by}::text
    WHERE key_id = ${change.keyId}::uuid RETURNING *`.execute(db);
  return rows.rows[0] as ApiKeyRow;
}

/** Revokes a key; one that is revoked already stays as it is. */
export async function markRevoked(
  db: Transaction<Tables>,
  change: { keyId: string; at: string; by: string },
): Promise<ApiKeyRow> {
  const rows = await sql<ApiKeyRow>`
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, ${change.at}::timestamptz),
      revoked_by = coalesce(revoked_by, ${change.by})
    WHERE key_id = ${change.keyId}::uuid RETURNING *`.execute(db);
  return rows.rows[0] as ApiKeyRow;
}

/** Records the use of a key, unless a use less than a minute earlier is recorded. */
export async function touchKey(db: Kysely<Tables>, { keyId, at }: { keyId: string; at: string }): Promise<void> {
  await sql`
    UPDATE api_keys SET last_used_at = ${at}::timestamptz
    WHERE key_id = ${keyId}::uuid
      AND (last_used_at IS NULL OR last_used_at < ${at}::timestamptz - interval '1 minute')`.execute(db);
}
