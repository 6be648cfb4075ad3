import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db } from '../schema.ts';
import type { DiscountCodeRow } from './term-tables.ts';

const columns = sql`code, rule, currency, months, is_redeemable, tenants, redeemable_from, redeemable_until, max_redemptions,
  redemptions, created_at, created_by, ended_at`;

/** Inserts a code. @returns false if there is one of this name */
export const insertDiscountCode = async (
  db: Db,
  row: Omit<DiscountCodeRow, 'redemptions' | 'ended_at'>,
): Promise<boolean> => {
  const { numAffectedRows } = await sql`INSERT INTO discount_codes
    (code, rule, currency, months, is_redeemable, tenants, redeemable_from, redeemable_until, max_redemptions, created_at, created_by)
    VALUES (${row.code}, ${JSON.stringify(row.rule)}::json, ${row.currency}, ${row.months}, ${row.is_redeemable}, ${row.tenants}::text[],
      ${row.redeemable_from}, ${row.redeemable_until}, ${row.max_redemptions}, ${row.created_at}, ${row.created_by})
    ON CONFLICT DO NOTHING`.execute(db);
  return numAffectedRows === 1n;
};

export const findDiscountCode = async (db: Db, code: string): Promise<DiscountCodeRow | null> => {
  const { rows } = await sql<DiscountCodeRow>`SELECT ${columns} FROM discount_codes WHERE code = ${code}`.execute(db);
  return rows[0] ?? null;
};

/** A code, locked until the transaction ends, so that its limit holds. */
export const lockDiscountCode = async (db: Db, code: string): Promise<DiscountCodeRow | null> => {
  const { rows } =
    await sql<DiscountCodeRow>`SELECT ${columns} FROM discount_codes WHERE code = ${code} FOR UPDATE`.execute(db);
  return rows[0] ?? null;
};

/** Codes by name, after one; one row above the limit. */
export const pageOfDiscountCodes = async (
  db: Db,
  page: { text: string | null; after: string | null; limit: number },
): Promise<DiscountCodeRow[]> => {
  const { rows } = await sql<DiscountCodeRow>`${steady}SELECT ${columns} FROM discount_codes
    WHERE (${page.after}::text IS NULL OR code > ${page.after}::text)
      AND (${page.text}::text IS NULL OR strpos(lower(code || ' ' || (rule->>'name')), lower(${page.text})) > 0) ORDER BY code LIMIT ${page.limit + 1}`.execute(
    db,
  );
  return rows;
};

export const markCodeEnded = async (db: Db, code: string, at: Temporal.Instant): Promise<void> => {
  await sql`UPDATE discount_codes SET ended_at = ${at.toString()} WHERE code = ${code}`.execute(db);
};

/** Whether a tenant was given a code. */
export const isRedeemedBy = async (db: Db, code: string, tenantId: string): Promise<boolean> => {
  const { rows } =
    await sql`SELECT 1 FROM discount_redemptions WHERE code = ${code} AND tenant_id = ${tenantId}`.execute(db);
  return rows.length > 0;
};

/** Records that a tenant was given a code, which counts towards its limit. */
export const noteRedemption = async (
  db: Db,
  given: { code: string; tenantId: string; termId: string },
): Promise<void> => {
  await sql`WITH redeemed AS (INSERT INTO discount_redemptions (code, tenant_id, term_id)
      VALUES (${given.code}, ${given.tenantId}, ${given.termId}) RETURNING code)
    UPDATE discount_codes c SET redemptions = c.redemptions + 1 FROM redeemed r WHERE c.code = r.code`.execute(db);
};
