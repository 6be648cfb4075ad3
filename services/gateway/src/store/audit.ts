import { type Kysely, sql, type Transaction } from 'kysely';
import type { Head, Link } from '../domain/audit-chain.ts';
import type { AuditRow, Tables } from './schema.ts';

/** The newest entry, locked: only one transaction at a time appends to the chain. */
export async function lockHead(db: Transaction<Tables>): Promise<Head> {
  const rows = await sql<{ position: string; hash: string }>`SELECT position, hash FROM audit_head FOR UPDATE`.execute(
    db,
  );
  const head = rows.rows[0];
  if (head === undefined) throw new Error('audit_head has no row; the chain of the audit log cannot be continued');
  return { position: Number(head.position), hash: head.hash };
}

/** Those of these events that are in the log already. */
export async function knownEvents(db: Transaction<Tables>, ids: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ event_id: string }>`
    SELECT event_id FROM audit_entries WHERE event_id = ANY(${[...ids]}::uuid[])`.execute(db);
  return new Set(rows.rows.map(({ event_id }) => event_id));
}

/** Appends entries and moves the head to the last of them. */
export async function appendLinks(db: Transaction<Tables>, links: readonly Link[]): Promise<void> {
  const last = links.at(-1);
  if (last === undefined) return;
  const column = <T>(pick: (link: Link) => T): T[] => links.map(pick);
  await sql`
    INSERT INTO audit_entries (position, event_id, at, tenant_id, subject, request, object_id, outcome, entry, previous_hash, hash)
    SELECT position, event_id, at, tenant_id, subject, request, object_id, outcome, entry::json, previous_hash, hash FROM unnest(
      ${column((link) => link.position)}::bigint[], ${column((link) => link.eventId)}::uuid[],
      ${column(({ data }) => data.at)}::timestamptz[], ${column(({ data }) => data.actor.tenant_id)}::text[],
      ${column(({ data }) => data.actor.subject)}::text[], ${column(({ data }) => data.request)}::text[],
      ${column(({ data }) => data.object?.id ?? null)}::text[], ${column(({ data }) => data.outcome)}::text[],
      ${column((link) => link.entry)}::text[], ${column((link) => link.previousHash)}::text[],
      ${column((link) => link.hash)}::text[]
    ) AS t(position, event_id, at, tenant_id, subject, request, object_id, outcome, entry, previous_hash, hash)`.execute(
    db,
  );
  await sql`UPDATE audit_head SET position = ${last.position}, hash = ${last.hash}`.execute(db);
}

export type AuditFilter = {
  tenantId: string | null;
  subject: string | null;
  request: string | null;
  objectId: string | null;
  outcome: string | null;
  since: string | null;
  until: string | null;
};

/** Entries, newest first: `limit + 1` of them if there are more than `limit`, below the position `before`. */
export async function pageOfAudit(
  db: Kysely<Tables>,
  filter: AuditFilter,
  page: { before: string | null; limit: number },
): Promise<Pick<AuditRow, 'position' | 'hash' | 'entry'>[]> {
  const rows = await sql<Pick<AuditRow, 'position' | 'hash' | 'entry'>>`
    SELECT position, hash, entry FROM audit_entries
    WHERE true
      ${filter.tenantId === null ? sql`` : sql`AND tenant_id = ${filter.tenantId}`}
      ${filter.subject === null ? sql`` : sql`AND subject = ${filter.subject}`}
      ${filter.request === null ? sql`` : sql`AND request = ${filter.request}`}
      ${filter.objectId === null ? sql`` : sql`AND object_id = ${filter.objectId}`}
      ${filter.outcome === null ? sql`` : sql`AND outcome = ${filter.outcome}`}
      ${filter.since === null ? sql`` : sql`AND at >= ${filter.since}::timestamptz`}
      ${filter.until === null ? sql`` : sql`AND at < ${filter.until}::timestamptz`}
      ${page.before === null ? sql`` : sql`AND position < ${page.before}::bigint`}
    ORDER BY position DESC LIMIT ${page.limit + 1}`.execute(db);
  return rows.rows;
}

export type ChainState = {
  entries: number;
  head: Head;
  last: Head | null;
  fault: { position: number; kind: 'missing' | 'hash' | 'column' } | null;
};

/**
 * Checks the whole chain in one statement, as of one snapshot: positions without gaps, each hash over the previous one and the entry,
 * and the columns equal to the entry.
 */
export async function checkChain(db: Kysely<Tables>): Promise<ChainState> {
  const rows = await sql<{
    entries: string;
    head_position: string;
    head_hash: string;
    last_position: string | null;
    last_hash: string | null;
    fault_position: string | null;
    fault_kind: 'missing' | 'hash' | 'column' | null;
  }>`
    WITH chain AS (
      SELECT position, hash, lag(position, 1, 0) OVER around AS before, lag(hash, 1, '') OVER around AS hash_before,
        previous_hash, entry::text AS entry,
        (tenant_id, subject, request, object_id, outcome) IS NOT DISTINCT FROM (
          entry#>>'{actor,tenant_id}', entry#>>'{actor,subject}', entry->>'request', entry#>>'{object,id}', entry->>'outcome'
        ) AND at = (entry->>'at')::timestamptz AS fits
      FROM audit_entries WINDOW around AS (ORDER BY position)
    ),
    judged AS (
      SELECT position, before, CASE
          WHEN position <> before + 1 THEN 'missing'
          WHEN previous_hash <> hash_before
            OR hash <> encode(sha256(convert_to(hash_before || E'\n' || entry, 'UTF8')), 'hex') THEN 'hash'
          WHEN NOT fits THEN 'column'
        END AS kind
      FROM chain
    ),
    first_fault AS (
      SELECT CASE kind WHEN 'missing' THEN before + 1 ELSE position END AS position, kind
      FROM judged WHERE kind IS NOT NULL ORDER BY judged.position LIMIT 1
    ),
    last AS (SELECT position, hash FROM audit_entries ORDER BY position DESC LIMIT 1)
    SELECT (SELECT count(*) FROM audit_entries) AS entries, head.position AS head_position, head.hash AS head_hash,
      last.position AS last_position, last.hash AS last_hash, first_fault.position AS fault_position, first_fault.kind AS fault_kind
    FROM audit_head AS head LEFT JOIN last ON true LEFT JOIN first_fault ON true`.execute(db);
  const row = rows.rows[0];
  if (row === undefined) throw new Error('audit_head has no row; the chain of the audit log cannot be verified');
  return {
    entries: Number(row.entries),
    head: { position: Number(row.head_position), hash: row.head_hash },
    last: row.last_position === null ? null : { position: Number(row.last_position), hash: row.last_hash ?? '' },
    fault:
      row.fault_position === null || row.fault_kind === null
        ? null
        : { position: Number(row.fault_position), kind: row.fault_kind },
  };
}

/** The hash of the entry at a position; null when there is none. */
export async function hashAt(db: Kysely<Tables>, position: number): Promise<string | null> {
  const rows = await sql<{ hash: string }>`SELECT hash FROM audit_entries WHERE position = ${position}`.execute(db);
  return rows.rows[0]?.hash ?? null;
}
