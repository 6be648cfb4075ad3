import type { Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { PreviewList, PreviewLists, PreviewSummary } from '../../domain/invoices/preview.ts';
import { ratingVersion } from '../../domain/rating/rate.ts';
import type { Db } from '../schema.ts';

type Month = { tenantId: string; period: Period };

/** Whether a tenant has more deployments than a request may rate. */
export const hasManyDeployments = async (db: Db, tenantId: string): Promise<boolean> => {
  const { rows } =
    await sql`SELECT 1 FROM deployments WHERE tenant_id = ${tenantId} OFFSET ${mostRated} LIMIT 1`.execute(db);
  return rows.length > 0;
};

const mostRated = 100;

/**
 * Names the state of everything that a preview of the month rests on; another state has another revision. A table that the rating
 * begins to read has to be named here: `previews.test.ts` lists those that it does not read.
 */
export const previewRevision = async (db: Db, { tenantId, period }: Month): Promise<string> => {
  const ofTenant = (table: string) => sql`(SELECT coalesce(string_agg(t::text, E'\n' ORDER BY t::text), '')
    FROM ${sql.table(table)} t WHERE t.tenant_id = ${tenantId})`;
  const ofAll = (table: string) =>
    sql`(SELECT coalesce(string_agg(t::text, E'\n' ORDER BY t::text), '') FROM ${sql.table(table)} t)`;
  const { rows } = await sql<{ revision: string }>`SELECT ${ratingVersion}::text || md5(concat_ws('|',
    ${sql.join(['usage_revisions', 'billing_profiles', 'billed_periods', 'tenant_terms', 'tenant_terms_revisions', 'prepaid_credits'].map(ofTenant))},
    ${sql.join(['plans', 'resource_prices', 'list_prices', 'exchange_rates', 'provider_bills', 'provider_bill_parts'].map(ofAll))},
    (SELECT count(*) || ' ' || coalesce(sum(revision), 0) FROM subscriptions WHERE tenant_id = ${tenantId}),
    (SELECT count(*) FROM credit_notes WHERE tenant_id = ${tenantId}),
    (SELECT string_agg(m::text, E'\n' ORDER BY m.created_at, m.manual_line_id) FROM manual_lines m
      WHERE m.tenant_id = ${tenantId} AND m.period <= ${period} AND m.invoice_id IS NULL)
  )) AS revision`.execute(db);
  return rows[0]?.revision ?? '';
};

/** The kept preview of a month if it is of this revision. */
export const findPreview = async (db: Db, month: Month, revision: string): Promise<PreviewSummary | null> => {
  const { rows } = await sql<{ summary: PreviewSummary }>`SELECT summary FROM previews
    WHERE tenant_id = ${month.tenantId} AND period = ${month.period} AND revision = ${revision}`.execute(db);
  return rows[0]?.summary ?? null;
};

/** Rows of a list of the kept preview of this revision, from a position on; null if it was replaced since. */
export const previewRows = async <List extends PreviewList>(
  db: Db,
  wanted: Month & { revision: string; list: List; from: number; limit: number },
): Promise<PreviewLists[List][number][] | null> => {
  const { tenantId, period, revision, list, from, limit } = wanted;
  const { rows } = await sql<{ position: number | null; rows: PreviewLists[List][number][] | null }>`
    SELECT r.position, r.rows FROM previews p LEFT JOIN preview_rows r ON (r.tenant_id, r.period) = (p.tenant_id, p.period) AND r.list = ${list}
      AND r.position > ${from - rowsTogether} AND r.position < ${from + limit}
    WHERE p.tenant_id = ${tenantId} AND p.period = ${period} AND p.revision = ${revision} ORDER BY r.position`.execute(
    db,
  );
  const first = rows[0];
  if (first === undefined) return null;
  const start = from - (first.position ?? from);
  return rows.flatMap((chunk) => chunk.rows ?? []).slice(start, start + limit);
};

const rowsTogether = 200;
/** Months of one tenant that are kept: the running one, and those around it. */
const monthsKept = 3;

/** Keeps a preview in place of the one before. Other replicas that compute it too wait, then keep the same. */
export const keepPreview = async (
  db: Db,
  kept: Month & {
    revision: string;
    summary: PreviewSummary;
    lists: Readonly<Record<string, readonly unknown[]>>;
    now: string;
  },
): Promise<void> => {
  const { tenantId, period, revision, summary, now } = kept;
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`preview:${tenantId}`}, 0))`.execute(db);
  await sql`DELETE FROM previews WHERE tenant_id = ${tenantId} AND (period = ${period} OR period NOT IN (
    SELECT period FROM previews WHERE tenant_id = ${tenantId} ORDER BY kept_at DESC LIMIT ${monthsKept - 1}))`.execute(
    db,
  );
  await sql`INSERT INTO previews (tenant_id, period, revision, summary, kept_at)
    VALUES (${tenantId}, ${period}, ${revision}, ${JSON.stringify(summary)}::jsonb, ${now}::timestamptz)`.execute(db);
  for (const [list, rows] of Object.entries(kept.lists)) {
    for (let at = 0; at < rows.length; at += rowsTogether * chunksTogether) {
      const chunks = Array.from({ length: chunksTogether }, (_, nth) => at + nth * rowsTogether).filter(
        (from) => from < rows.length,
      );
      await sql`INSERT INTO preview_rows (tenant_id, period, list, position, rows)
        SELECT ${tenantId}, ${period}, ${list}, c.position, c.rows FROM unnest(${chunks}::int[],
          ${chunks.map((from) => JSON.stringify(rows.slice(from, from + rowsTogether)))}::jsonb[]) AS c(position, rows)`.execute(
        db,
      );
    }
  }
};

/** Chunks in one statement, so that none of them holds more than a few megabytes. */
const chunksTogether = 20;
