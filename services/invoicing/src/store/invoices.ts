import type { Json, Period } from '@arcadia/contracts';
import { nameUuid, periodInterval } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Rating, RatingInput } from '../domain/rate.ts';
import type { RatedLine } from '../domain/rated-line.ts';
import type { Db, InvoiceLineRow, InvoiceRow } from './schema.ts';

/** The invoice of a tenant's month that stands, held against others; null if there is none. */
export const liveInvoice = async (db: Db, tenantId: string, period: Period): Promise<InvoiceRow | null> =>
  (await db
    .selectFrom('tenant_invoices')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('period', '=', period)
    .where('status', '<>', 'void')
    .forUpdate()
    .executeTakeFirst()) ?? null;

/** An invoice by its id, of a tenant (null: of anyone). */
export const findInvoice = async (
  db: Db,
  asked: { invoiceId: string; tenantId: string | null; lock?: boolean },
): Promise<InvoiceRow | null> => {
  let query = db.selectFrom('tenant_invoices').selectAll().where('invoice_id', '=', asked.invoiceId);
  if (asked.tenantId !== null) query = query.where('tenant_id', '=', asked.tenantId);
  if (asked.lock === true) query = query.forUpdate();
  return (await query.executeTakeFirst()) ?? null;
};

export const linesOf = async (db: Db, invoiceId: string): Promise<InvoiceLineRow[]> =>
  db.selectFrom('tenant_invoice_lines').selectAll().where('invoice_id', '=', invoiceId).orderBy('position').execute();

export type NewInvoice = {
  invoiceId: string;
  tenantId: string;
  period: Period;
  closeRevision: number;
  issueAt: Temporal.Instant;
  rating: Rating;
  input: RatingInput;
  customer: Json;
  supplier: Json;
};

/** The id of the next invoice of a tenant's month: the nth has the same whoever makes it. */
export const nextInvoiceId = async (db: Db, tenantId: string, period: Period): Promise<string> => {
  const { rows } = await sql<{
    count: string;
  }>`SELECT count(*) FROM tenant_invoices WHERE tenant_id = ${tenantId} AND period = ${period}`.execute(db);
  return nameUuid('invoice', tenantId, period, String(Number(rows[0]?.count ?? 0) + 1));
};

/** Writes an invoice as a draft, with its lines. */
export const insertDraftInvoice = async (db: Db, invoice: NewInvoice): Promise<void> => {
  const { invoiceId, tenantId, period, rating, input } = invoice;
  const { start, end } = periodInterval(period);
  await sql`
    INSERT INTO tenant_invoices (invoice_id, tenant_id, period, period_start, period_end, status, currency, is_tax_inclusive, subtotal_cents, tax_cents,
      total_cents, issue_at, close_revision, rating_version, input_hash, output_hash, input, unrated, customer, supplier)
    VALUES (${invoiceId}, ${tenantId}, ${period}, ${start.toString()}, ${end.toString()}, 'draft', ${rating.currency}, ${input.tax.is_inclusive},
      ${rating.subtotal_cents}, ${rating.tax_cents}, ${rating.total_cents}, ${invoice.issueAt.toString()}, ${invoice.closeRevision},
      ${rating.rating_version}, ${rating.input_hash}, ${rating.output_hash}, ${JSON.stringify(input)}, ${JSON.stringify(rating.unrated)},
      ${JSON.stringify(invoice.customer)}, ${JSON.stringify(invoice.supplier)})`.execute(db);
  await insertLines(db, invoiceId, rating.lines);
};

/** Lines travel as one JSON text: arrays of text would escape each line's explanation a second time. */
const insertLines = async (db: Db, invoiceId: string, lines: readonly RatedLine[]): Promise<void> => {
  const rows = lines.map(({ key, meta, ...line }, index) => ({
    ...line,
    position: index + 1,
    line_id: nameUuid('invoice-line', invoiceId, key),
    line_key: key,
    meta,
    adjusts_period: meta.adjusts_period ?? null,
    adjusts_key: meta.adjusts_key ?? null,
  }));
  await sql`
    INSERT INTO tenant_invoice_lines (invoice_id, position, line_id, line_key, kind, deployment_id, resource_kind, description, qty, unit,
      unit_price_cents, amount_cents, meta, adjusts_period, adjusts_key)
    SELECT ${invoiceId}, position, line_id, line_key, kind, deployment_id, resource_kind, description, qty, unit, unit_price_cents,
      amount_cents, meta, adjusts_period, adjusts_key
    FROM json_to_recordset(${JSON.stringify(rows)}::json) AS t(position int, line_id uuid, line_key text, kind text, deployment_id uuid,
      resource_kind text, description text, qty numeric, unit text, unit_price_cents numeric, amount_cents bigint, meta json,
      adjusts_period text, adjusts_key text)`.execute(db);
};

/** The next number of a series. Held until the transaction ends, so numbers have no gaps; taken as late as can be. */
export const takeNumber = async (db: Db, series: 'INV' | 'CN'): Promise<string> => {
  const { rows } = await sql<{ last_number: string }>`UPDATE number_series SET last_number = last_number + 1
    WHERE series = ${series} RETURNING last_number`.execute(db);
  return `${series}-${(rows[0]?.last_number ?? '').padStart(6, '0')}`;
};

export const markIssued = async (
  db: Db,
  invoiceId: string,
  issued: { number: string; issuedAt: Temporal.Instant; dueOn: string },
): Promise<void> => {
  await sql`UPDATE tenant_invoices SET status = 'issued', number = ${issued.number}, issued_at = ${issued.issuedAt.toString()}, due_on = ${issued.dueOn}
    WHERE invoice_id = ${invoiceId} AND status = 'draft'`.execute(db);
};

export const markVoid = async (
  db: Db,
  invoiceId: string,
  ended: { at: Temporal.Instant; reason: string; replacedBy: string | null },
): Promise<void> => {
  await sql`UPDATE tenant_invoices SET status = 'void', voided_at = ${ended.at.toString()}, void_reason = ${ended.reason}, replaced_by = ${ended.replacedBy}
    WHERE invoice_id = ${invoiceId}`.execute(db);
};

/** A draft was never said to anybody, so it may go. */
export const deleteDraftInvoice = async (db: Db, invoiceId: string): Promise<void> => {
  await sql`DELETE FROM tenant_invoice_lines WHERE invoice_id = ${invoiceId}`.execute(db);
  await sql`DELETE FROM invoice_facts WHERE invoice_id = ${invoiceId}`.execute(db);
  await sql`DELETE FROM tenant_invoices WHERE invoice_id = ${invoiceId}`.execute(db);
};

/** Documents that correct an invoice already: what was adjusted elsewhere, and what was credited. */
export const correctionsOf = async (
  db: Db,
  invoice: { invoice_id: string; tenant_id: string; period: Period },
): Promise<{ adjustments: number; credits: number }> => {
  const { rows } = await sql<{ adjustments: string; credits: string }>`SELECT
    (SELECT count(*) FROM tenant_invoice_lines l JOIN tenant_invoices i USING (invoice_id)
      WHERE l.adjusts_period = ${invoice.period} AND i.tenant_id = ${invoice.tenant_id} AND i.status IN ('issued', 'paid')) AS adjustments,
    (SELECT count(*) FROM credit_notes WHERE invoice_id = ${invoice.invoice_id}) AS credits`.execute(db);
  return { adjustments: Number(rows[0]?.adjustments ?? 0), credits: Number(rows[0]?.credits ?? 0) };
};
