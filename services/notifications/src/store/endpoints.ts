import { type Kysely, sql, type Transaction } from 'kysely';
import type { EndpointRow, SecretRow, Tables } from './schema.ts';

/** The secrets that events are signed with at an instant, newest first, without their text. */
export type ShownSecret = Pick<SecretRow, 'secret_id' | 'created_at' | 'expires_at'>;

export async function insertEndpoint(db: Transaction<Tables>, row: EndpointRow): Promise<void> {
  await db.insertInto('webhook_endpoints').values(row).execute();
}

export async function insertSecret(db: Transaction<Tables>, row: SecretRow): Promise<void> {
  await db.insertInto('webhook_secrets').values(row).execute();
}

const ownOnly = (tenantId: string | null) => (tenantId === null ? sql`` : sql`AND tenant_id = ${tenantId}`);

/** An endpoint, of one tenant if `tenantId` is given (null: of any, and the operator's). */
export async function findEndpoint(
  db: Kysely<Tables>,
  { endpointId, tenantId, isLocked = false }: { endpointId: string; tenantId: string | null; isLocked?: boolean },
): Promise<EndpointRow | null> {
  const found = await sql<EndpointRow>`
    SELECT * FROM webhook_endpoints WHERE endpoint_id = ${endpointId}::uuid ${ownOnly(tenantId)}
    ${isLocked ? sql`FOR UPDATE` : sql``}`.execute(db);
  return found.rows[0] ?? null;
}

/** Endpoints, newest first: `limit + 1` of them if there are more than `limit`. `after` is [created_at, endpoint_id]. */
export async function pageOfEndpoints(
  db: Kysely<Tables>,
  page: { tenantId: string | null; text: string | undefined; after: readonly string[] | null; limit: number },
): Promise<EndpointRow[]> {
  const { tenantId, text, after, limit } = page;
  const { rows } = await sql<EndpointRow>`
    SELECT * FROM webhook_endpoints WHERE true ${ownOnly(tenantId)}
      ${text === undefined ? sql`` : sql`AND strpos(lower(url || ' ' || description), lower(${text})) > 0`}
      ${after === null ? sql`` : sql`AND (created_at, endpoint_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    ORDER BY created_at DESC, endpoint_id DESC LIMIT ${limit + 1}`.execute(db);
  return rows;
}

/** How many endpoints a tenant has, or the operator (null). Another one that is made meanwhile waits until the transaction ends. */
export async function countEndpoints(db: Transaction<Tables>, tenantId: string | null): Promise<number> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`webhook endpoints of ${tenantId ?? ''}`}, 0))`.execute(db);
  const { rows } = await sql<{ count: string }>`
    SELECT count(*) AS count FROM webhook_endpoints WHERE tenant_id IS NOT DISTINCT FROM ${tenantId}`.execute(db);
  return Number(rows[0]?.count);
}

/** The secrets of endpoints that are in force at an instant. */
export async function secretsOf(
  db: Kysely<Tables>,
  endpointIds: readonly string[],
  now: Temporal.Instant,
): Promise<ReadonlyMap<string, ShownSecret[]>> {
  const { rows } = await sql<ShownSecret & { endpoint_id: string }>`
    SELECT endpoint_id, secret_id, created_at, expires_at FROM webhook_secrets
    WHERE endpoint_id = ANY (${[...endpointIds]}::uuid[]) AND (expires_at IS NULL OR expires_at > ${now.toString()}::timestamptz)
    ORDER BY created_at DESC, secret_id`.execute(db);
  return Map.groupBy(rows, (row) => row.endpoint_id);
}

export async function updateEndpointRow(
  db: Transaction<Tables>,
  { endpoint_id, url, description, event_types }: EndpointRow,
): Promise<void> {
  await db
    .updateTable('webhook_endpoints')
    .set({ url, description, event_types })
    .where('endpoint_id', '=', endpoint_id)
    .execute();
}

/** Ends all secrets of an endpoint at an instant, except those that end before; those that are over are deleted. */
export async function endSecrets(
  db: Transaction<Tables>,
  { endpointId, now, until }: { endpointId: string; now: Temporal.Instant; until: Temporal.Instant },
): Promise<void> {
  await sql`
    DELETE FROM webhook_secrets WHERE endpoint_id = ${endpointId}::uuid AND expires_at <= ${now.toString()}::timestamptz`.execute(
    db,
  );
  await sql`
    UPDATE webhook_secrets SET expires_at = least(expires_at, ${until.toString()}::timestamptz)
    WHERE endpoint_id = ${endpointId}::uuid`.execute(db);
}

/** Disables endpoints that are enabled; what waits for them and is not being sent is skipped. Returns those that were disabled. */
export async function disableEndpoints(
  db: Transaction<Tables>,
  { endpointIds, because, now }: { endpointIds: readonly string[]; because: string; now: Temporal.Instant },
): Promise<EndpointRow[]> {
  const { rows } = await sql<EndpointRow>`
    UPDATE webhook_endpoints SET disabled_at = ${now.toString()}::timestamptz, disabled_because = ${because}
    WHERE endpoint_id = ANY (${[...endpointIds]}::uuid[]) AND disabled_at IS NULL RETURNING *`.execute(db);
  const disabled = rows.map(({ endpoint_id }) => endpoint_id);
  await sql`
    UPDATE webhook_deliveries SET state = 'skipped', due_at = NULL
    WHERE endpoint_id = ANY (${disabled}::uuid[]) AND state = 'pending' AND lease IS NULL`.execute(db);
  return rows;
}

export async function enableEndpointRow(db: Transaction<Tables>, endpointId: string): Promise<void> {
  await sql`
    UPDATE webhook_endpoints SET disabled_at = NULL, disabled_because = NULL
    WHERE endpoint_id = ${endpointId}::uuid AND disabled_at IS NOT NULL`.execute(db);
  await sql`DELETE FROM webhook_health WHERE endpoint_id = ${endpointId}::uuid`.execute(db);
}

export async function deleteEndpointRows(db: Transaction<Tables>, endpointId: string): Promise<void> {
  // An attempt that is being recorded is waited for: a statement sees no row of the log that is committed while it runs.
  await sql`
    SELECT 1 FROM webhook_deliveries WHERE endpoint_id = ${endpointId}::uuid AND lease IS NOT NULL FOR UPDATE`.execute(
    db,
  );
  await sql`
    DELETE FROM webhook_attempts a USING webhook_deliveries d
    WHERE a.delivery_id = d.delivery_id AND d.endpoint_id = ${endpointId}::uuid`.execute(db);
  for (const table of ['webhook_deliveries', 'webhook_health', 'webhook_secrets', 'webhook_endpoints'])
    await sql`DELETE FROM ${sql.table(table)} WHERE endpoint_id = ${endpointId}::uuid`.execute(db);
}

export type EndpointSummary = {
  pending: string;
  delivered: string;
  failed: string;
  skipped: string;
  next_attempt_at: string | null;
  failing_since: string | null;
  held_until: string | null;
  last_success_at: string | null;
};

export async function summaryOf(db: Kysely<Tables>, endpointId: string): Promise<EndpointSummary> {
  const { rows } = await sql<EndpointSummary>`
    SELECT c.*, h.failing_since, h.held_until, h.last_success_at
    FROM (
      SELECT count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'delivered') AS delivered,
        count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'skipped') AS skipped,
        min(due_at) AS next_attempt_at
      FROM webhook_deliveries WHERE endpoint_id = ${endpointId}::uuid
    ) c LEFT JOIN webhook_health h ON h.endpoint_id = ${endpointId}::uuid`.execute(db);
  return rows[0] as EndpointSummary;
}
