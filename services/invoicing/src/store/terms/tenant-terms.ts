import { sql } from 'kysely';
import type { Db } from '../schema.ts';
import type { Term, TermRow } from './term-tables.ts';

/** Every term that a tenant ever had, oldest first. */
export const termsOf = async (db: Db, tenantId: string): Promise<TermRow[]> => {
  const { rows } = await sql<TermRow>`SELECT term_id, tenant_id, number, type, term, created_at, created_by, reason,
      ended_by, end_reason
    FROM tenant_terms WHERE tenant_id = ${tenantId} ORDER BY number`.execute(db);
  return rows;
};

export const hasTerms = async (db: Db, tenantId: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM tenant_terms WHERE tenant_id = ${tenantId} LIMIT 1`.execute(db);
  return rows.length > 0;
};

export const insertTerm = async (
  db: Db,
  added: Term & {
    termId: string;
    tenantId: string;
    number: number;
    at: Temporal.Instant;
    by: string;
    reason: string | null;
  },
): Promise<void> => {
  await sql`INSERT INTO tenant_terms (term_id, tenant_id, number, type, term, created_at, created_by, reason)
    VALUES (${added.termId}, ${added.tenantId}, ${added.number}, ${added.type}, ${JSON.stringify(added.term)}::json,
      ${added.at.toString()}, ${added.by}, ${added.reason})`.execute(db);
};

/** Replaces a term by one that ends. */
export const endTerm = async (
  db: Db,
  ended: { termId: string; term: Term['term']; by: string; reason: string },
): Promise<void> => {
  await sql`UPDATE tenant_terms SET term = ${JSON.stringify(ended.term)}::json, ended_by = ${ended.by}, end_reason = ${ended.reason}
    WHERE term_id = ${ended.termId}`.execute(db);
};

/** The next revision of a tenant's terms, counted from 1. */
export const takeTermsRevision = async (db: Db, tenantId: string): Promise<number> => {
  const { rows } = await sql<{ revision: number }>`INSERT INTO tenant_terms_revisions (tenant_id, revision)
    VALUES (${tenantId}, 1) ON CONFLICT (tenant_id) DO UPDATE SET revision = tenant_terms_revisions.revision + 1
    RETURNING revision`.execute(db);
  return rows[0]?.revision ?? 1;
};

/** How often the terms of a tenant were published; 0 before the first time. */
export const termsRevision = async (db: Db, tenantId: string): Promise<number> => {
  const { rows } = await sql<{
    revision: number;
  }>`SELECT revision FROM tenant_terms_revisions WHERE tenant_id = ${tenantId}`.execute(db);
  return rows[0]?.revision ?? 0;
};
