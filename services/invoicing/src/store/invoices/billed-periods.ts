import { type Period, periodInterval } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db } from '../schema.ts';

export type BilledPeriod = {
  tenant_id: string;
  period: Period;
  close_revision: number;
  invoice_id: string | null;
  terms_changed: boolean;
};

export const findBilledPeriod = async (db: Db, tenantId: string, period: Period): Promise<BilledPeriod | null> =>
  (await db
    .selectFrom('billed_periods')
    .modifyFront(steady)
    .select(['tenant_id', 'period', 'close_revision', 'invoice_id', 'terms_changed'])
    .where('tenant_id', '=', tenantId)
    .where('period', '=', period)
    .executeTakeFirst()) ?? null;

/** Records that a month is billed, as a query. */
export const billing = (billed: {
  tenantId: string;
  period: Period;
  closeRevision: number;
  invoiceId: string | null;
}) => sql`INSERT INTO billed_periods (tenant_id, period, close_revision, invoice_id)
    VALUES (${billed.tenantId}, ${billed.period}, ${billed.closeRevision}, ${billed.invoiceId})
    ON CONFLICT (tenant_id, period) DO UPDATE SET close_revision = EXCLUDED.close_revision, invoice_id = EXCLUDED.invoice_id,
      terms_changed = false`;

/** Marks the billed months from one on as having changed terms. @returns those months */
export const noteTermsChanged = async (db: Db, changed: { tenantId: string; from: Period }): Promise<Period[]> => {
  const { rows } = await sql<{ period: string }>`UPDATE billed_periods SET terms_changed = true
    WHERE tenant_id = ${changed.tenantId} AND period >= ${changed.from} RETURNING period`.execute(db);
  return rows.map(({ period }) => period).toSorted();
};

/** Marks a month as having changed for the tenants that were billed for it on plans that pass the provider's bill through. */
export const noteBillChanged = async (db: Db, period: Period): Promise<void> => {
  const { start, end } = periodInterval(period);
  await sql`UPDATE billed_periods b SET terms_changed = true
    WHERE b.period = ${period} AND NOT b.terms_changed AND EXISTS (
      SELECT 1 FROM subscriptions s JOIN subscription_plans p USING (subscription_id) JOIN plan_items i USING (plan_code, version)
      WHERE s.tenant_id = b.tenant_id AND s.starts_at < ${end.toString()} AND (s.ends_at IS NULL OR s.ends_at > ${start.toString()})
        AND i.charge_model = 'pass_through')`.execute(db);
};

/** The earlier months of a tenant that may have been billed wrongly: their terms or the provider's bill have changed, or facts came late. */
export const fromPeriodsToAdjust = (tenantId: string, before: Period) => sql`FROM billed_periods b
    WHERE b.tenant_id = ${tenantId} AND b.period < ${before} AND (b.terms_changed OR EXISTS (
      SELECT 1 FROM usage_facts f WHERE f.tenant_id = b.tenant_id AND f.period = b.period AND f.close_revision > 1
        AND f.close_revision > b.close_revision AND f.superseded_at IS NULL AND f.adjusted_by IS NULL))`;

export const periodsToAdjust = async (db: Db, tenantId: string, before: Period): Promise<BilledPeriod[]> => {
  const { rows } =
    await sql<BilledPeriod>`${steady}SELECT b.tenant_id, b.period, b.close_revision, b.invoice_id, b.terms_changed
    ${fromPeriodsToAdjust(tenantId, before)} ORDER BY b.period`.execute(db);
  return rows;
};

/** Records that an invoice bills the late facts and changed terms of these months. */
export const noteAdjusted = async (
  db: Db,
  adjusted: { tenantId: string; periods: readonly Period[]; invoiceId: string },
): Promise<void> => {
  if (adjusted.periods.length === 0) return;
  await sql`UPDATE usage_facts f SET adjusted_by = ${adjusted.invoiceId} FROM billed_periods b
    WHERE b.tenant_id = ${adjusted.tenantId} AND b.period = ANY(${adjusted.periods}::text[]) AND f.tenant_id = b.tenant_id AND f.period = b.period
      AND f.close_revision > 1 AND f.close_revision > b.close_revision AND f.superseded_at IS NULL`.execute(db);
  await sql`UPDATE billed_periods SET terms_changed = false
    WHERE tenant_id = ${adjusted.tenantId} AND period = ANY(${adjusted.periods}::text[])`.execute(db);
};

/** Releases the months that an invoice adjusted, when it is deleted or voided: the next invoice adjusts them again. */
export const releaseAdjusted = async (db: Db, tenantId: string, invoiceId: string): Promise<void> => {
  await sql`UPDATE usage_facts SET adjusted_by = NULL WHERE tenant_id = ${tenantId} AND close_revision > 1 AND adjusted_by = ${invoiceId}`.execute(
    db,
  );
  await sql`UPDATE billed_periods SET terms_changed = true WHERE tenant_id = ${tenantId} AND period IN (
    SELECT adjusts_period FROM tenant_invoice_lines WHERE invoice_id = ${invoiceId} AND adjusts_period IS NOT NULL)`.execute(
    db,
  );
};

/** The latest month that any tenant was billed for. */
export const lastBilledPeriod = async (db: Db): Promise<Period | null> => {
  const { rows } = await sql<{ period: string | null }>`SELECT max(period) AS period FROM billed_periods`.execute(db);
  return rows[0]?.period ?? null;
};

/** Records that the changed terms of a month are accounted for. */
export const noteTermsSettled = async (db: Db, month: { tenantId: string; period: Period }): Promise<void> => {
  await sql`UPDATE billed_periods SET terms_changed = false WHERE tenant_id = ${month.tenantId} AND period = ${month.period}`.execute(
    db,
  );
};

/** Forgets that a month was billed, when its invoice is voided by hand: its next run bills it, not an adjustment later. */
export const forgetBilled = async (db: Db, invoice: { tenant_id: string; period: Period }): Promise<void> => {
  await sql`DELETE FROM billed_periods WHERE tenant_id = ${invoice.tenant_id} AND period = ${invoice.period}`.execute(
    db,
  );
};
