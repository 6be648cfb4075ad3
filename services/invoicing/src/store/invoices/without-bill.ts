import type { Period } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db, Tables } from '../schema.ts';

/** The decision that a tenant's month is invoiced without the provider's bill. */
export type BillDecision = Pick<Tables['invoices_without_bill'], 'reason' | 'decided_by' | 'decided_at'>;

/** Records the decision; the first one of a month stays. */
export const insertBillDecision = async (
  db: Db,
  of: { tenantId: string; period: Period; reason: string; by: string; at: Temporal.Instant },
): Promise<void> => {
  await sql`INSERT INTO invoices_without_bill (tenant_id, period, reason, decided_by, decided_at)
    VALUES (${of.tenantId}, ${of.period}, ${of.reason}, ${of.by}, ${of.at.toString()}) ON CONFLICT DO NOTHING`.execute(
    db,
  );
};

/** Why a tenant's month does not wait for the provider's bill; null: it does. */
export const withoutBillReason = async (
  db: Db,
  { tenantId, period }: { tenantId: string; period: Period },
): Promise<string | null> => {
  const { rows } = await sql<{ reason: string }>`${steady}SELECT reason FROM invoices_without_bill
    WHERE tenant_id = ${tenantId} AND period = ${period}`.execute(db);
  return rows[0]?.reason ?? null;
};

/**
 * Whether a tenant's month may be decided on: its run of a close waits for the provider's bill, or the same person has decided the same
 * before. A request that is repeated because its answer was lost is then answered as it was.
 */
export const mayDecideOnBill = async (
  db: Db,
  of: { tenantId: string; period: Period; closeRevision: number; reason: string; by: string },
): Promise<boolean> => {
  const { rows } = await sql`
    SELECT 1 FROM invoice_runs WHERE tenant_id = ${of.tenantId} AND period = ${of.period} AND close_revision = ${of.closeRevision}
      AND status = 'waiting' AND waits_for = 'bill'
    UNION ALL SELECT 1 FROM invoices_without_bill WHERE tenant_id = ${of.tenantId} AND period = ${of.period}
      AND reason = ${of.reason} AND decided_by = ${of.by}`.execute(db);
  return rows.length > 0;
};
