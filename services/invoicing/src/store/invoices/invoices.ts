import type { Period } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db, InvoiceRow } from '../schema.ts';
import type { InvoiceLineRow } from './invoice-line-row.ts';

const standingColumns = [
  'invoice_id',
  'tenant_id',
  'period',
  'status',
  'number',
  'currency',
  'total_cents',
  'output_hash',
] as const;

/** An invoice without its input, its parties and its lines. */
export type StandingInvoice = Pick<InvoiceRow, (typeof standingColumns)[number]>;

/** Locks the invoices of a tenant's month. @returns the one that is not void, and their number with void ones included */
export const invoicesOfMonth = async (
  db: Db,
  tenantId: string,
  period: Period,
): Promise<{ live: StandingInvoice | null; count: number }> => {
  const rows = await db
    .selectFrom('tenant_invoices')
    .modifyFront(steady)
    .select(standingColumns)
    .where('tenant_id', '=', tenantId)
    .where('period', '=', period)
    .forUpdate()
    .execute();
  return { live: rows.find(({ status }) => status !== 'void') ?? null, count: rows.length };
};

/** Every column of an invoice but those that grow with the tenant; a new column that is missing here does not compile. */
const headColumns = Object.keys({
  invoice_id: true,
  tenant_id: true,
  period: true,
  period_start: true,
  period_end: true,
  status: true,
  number: true,
  currency: true,
  is_tax_inclusive: true,
  subtotal_cents: true,
  tax_cents: true,
  total_cents: true,
  issue_at: true,
  issued_at: true,
  due_on: true,
  close_revision: true,
  rating_version: true,
  input_hash: true,
  output_hash: true,
  facts_hash: true,
  customer: true,
  supplier: true,
  paid_at: true,
  payment_reference: true,
  voided_at: true,
  void_reason: true,
  replaced_by: true,
  overdue_at: true,
  finance_invoice_id: true,
  pushed_to_finance_at: true,
  without_bill_reason: true,
} satisfies Record<keyof InvoiceRow, true>) as (keyof InvoiceRow)[];

/** An invoice by its id, of a tenant (null: of any tenant). */
export const findInvoice = async (
  db: Db,
  wanted: { invoiceId: string; tenantId: string | null; lock?: boolean },
): Promise<InvoiceRow | null> => {
  let query = db.selectFrom('tenant_invoices').select(headColumns).where('invoice_id', '=', wanted.invoiceId);
  if (wanted.tenantId !== null) query = query.where('tenant_id', '=', wanted.tenantId);
  if (wanted.lock === true) query = query.forUpdate();
  return (await query.executeTakeFirst()) ?? null;
};

export const linesOf = async (db: Db, invoiceId: string): Promise<InvoiceLineRow[]> =>
  db.selectFrom('tenant_invoice_lines').selectAll().where('invoice_id', '=', invoiceId).orderBy('position').execute();

/** The next number of a series, as a query. Its row is locked until the transaction ends, so numbers have no gaps; take it as late as possible. */
const nextNumber = (series: 'INV' | 'CN') => sql<{
  number: string;
}>`UPDATE number_series SET last_number = last_number + 1
  WHERE series = ${series} RETURNING series || '-' || lpad(last_number::text, greatest(6, length(last_number::text)), '0') AS number`;

export const takeNumber = async (db: Db, series: 'CN'): Promise<string> => {
  const { rows } = await nextNumber(series).execute(db);
  return rows[0]?.number ?? '';
};

/**
 * Gives a draft its number, applies the tenant's open credit to what paid credit leaves of it, the oldest first, and records it as a receivable.
 * @returns its number, and what is due on it in minor units
 * @throws if the invoice is no draft; the rollback then returns the number
 */
export const markIssued = async (
  db: Db,
  invoiceId: string,
  issued: { issuedAt: Temporal.Instant; dueOn: string },
): Promise<{ number: string; due: number }> => {
  const { rows } = await sql<{ number: string; due: string }>`${steady}
    WITH next AS (${nextNumber('INV')}),
    issued AS (
      UPDATE tenant_invoices SET status = 'issued', number = next.number, issued_at = ${issued.issuedAt.toString()}, due_on = ${issued.dueOn}
      FROM next WHERE invoice_id = ${invoiceId} AND status = 'draft'
      RETURNING invoice_id, tenant_id, currency, issued_at, next.number, total_cents - coalesce((SELECT sum(d.amount_cents)
        FROM prepaid_draws d WHERE d.invoice_id = tenant_invoices.invoice_id AND d.is_paid), 0) AS total_cents
    ), open_credit AS (
      SELECT c.credit_note_id, c.open_cents, c.number FROM credit_notes c JOIN issued USING (tenant_id, currency)
      WHERE c.open_cents > 0 ORDER BY c.number FOR UPDATE OF c
    ), applied AS (
      INSERT INTO credit_applications (credit_note_id, invoice_id, amount_cents, applied_at)
      SELECT o.credit_note_id, issued.invoice_id, least(o.open_cents, issued.total_cents - o.before), issued.issued_at
      FROM issued, (SELECT *, sum(open_cents) OVER (ORDER BY number) - open_cents AS before FROM open_credit) AS o
      WHERE o.before < issued.total_cents RETURNING credit_note_id, amount_cents
    ), used AS (
      UPDATE credit_notes c SET open_cents = c.open_cents - applied.amount_cents FROM applied
      WHERE c.credit_note_id = applied.credit_note_id
    )
    INSERT INTO receivables (document, document_id, tenant_id, number)
    SELECT 'invoice', invoice_id, tenant_id, number FROM issued
    RETURNING number, ((SELECT total_cents FROM issued) - coalesce((SELECT sum(amount_cents) FROM applied), 0))::text AS due`.execute(
    db,
  );
  if (rows[0] === undefined) throw new Error(`invoice ${invoiceId} is no draft`);
  return { number: rows[0].number, due: Number(rows[0].due) };
};

/** Ends an invoice. One that credit alone had settled is not paid any more: its credit is given back. */
export const markVoid = async (
  db: Db,
  invoiceId: string,
  ended: { at: Temporal.Instant; reason: string; replacedBy: string | null },
): Promise<void> => {
  await sql`UPDATE tenant_invoices SET status = 'void', voided_at = ${ended.at.toString()}, void_reason = ${ended.reason}, replaced_by = ${ended.replacedBy},
    paid_at = NULL, payment_reference = NULL WHERE invoice_id = ${invoiceId}`.execute(db);
};

/** Deletes a draft; it was never published. */
export const deleteDraftInvoice = async (db: Db, invoiceId: string): Promise<void> => {
  await sql`DELETE FROM tenant_invoice_lines WHERE invoice_id = ${invoiceId}`.execute(db);
  await sql`DELETE FROM invoice_facts WHERE invoice_id = ${invoiceId}`.execute(db);
  await sql`DELETE FROM tenant_invoices WHERE invoice_id = ${invoiceId}`.execute(db);
};

/** The number of documents that correct an invoice: adjustments on other invoices and in credit notes of later months, its own credit notes, and the payments towards it. */
export const correctionsOf = async (
  db: Db,
  invoice: { invoice_id: string; tenant_id: string; period: Period },
): Promise<{ adjustments: number; credits: number; payments: number }> => {
  const { rows } = await sql<{ adjustments: string; credits: string; payments: string }>`SELECT
    (SELECT count(*) FROM tenant_invoice_lines l JOIN tenant_invoices i USING (invoice_id)
      WHERE l.adjusts_period = ${invoice.period} AND i.tenant_id = ${invoice.tenant_id} AND i.status IN ('issued', 'paid'))
      + (SELECT count(*) FROM credit_note_lines l JOIN credit_notes c USING (credit_note_id)
        WHERE l.adjusts_period = ${invoice.period} AND c.tenant_id = ${invoice.tenant_id}) AS adjustments,
    (SELECT count(*) FROM credit_notes WHERE invoice_id = ${invoice.invoice_id}) AS credits,
    (SELECT count(*) FROM payments WHERE invoice_id = ${invoice.invoice_id}) AS payments`.execute(db);
  const { adjustments = 0, credits = 0, payments = 0 } = rows[0] ?? {};
  return { adjustments: Number(adjustments), credits: Number(credits), payments: Number(payments) };
};

/** The drafts that are to be issued by an instant, in that order. */
export const dueDrafts = async (db: Db, now: Temporal.Instant): Promise<string[]> => {
  const { rows } = await sql<{ invoice_id: string }>`SELECT invoice_id FROM tenant_invoices
    WHERE status = 'draft' AND issue_at <= ${now.toString()} ORDER BY issue_at, invoice_id`.execute(db);
  return rows.map(({ invoice_id }) => invoice_id);
};
