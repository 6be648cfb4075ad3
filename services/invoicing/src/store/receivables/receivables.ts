import { sql } from 'kysely';
import type { Db, Tables } from '../schema.ts';

type Document = Tables['receivables']['document'];

/** Records that a document is to be pushed to the finance system; each document is recorded once. */
export const noteReceivable = async (
  db: Db,
  receivable: { document: Document; documentId: string; tenantId: string; number: string },
): Promise<void> => {
  await sql`INSERT INTO receivables (document, document_id, tenant_id, number)
    VALUES (${receivable.document}, ${receivable.documentId}, ${receivable.tenantId}, ${receivable.number}) ON CONFLICT DO NOTHING`.execute(
    db,
  );
};

export type ReceivableRow = {
  document: Document;
  document_id: string;
  position: string;
  tenant_id: string;
  number: string;
  attempts: number;
  last_error: string | null;
  pushed_at: string | null;
};

/** Receivables in the order of their creation; one row above the limit. */
export const pageOfReceivables = async (
  db: Db,
  page: { status: 'pending' | 'pushed' | null; after: string | null; limit: number },
): Promise<ReceivableRow[]> => {
  const status =
    page.status === null ? sql`true` : page.status === 'pending' ? sql`pushed_at IS NULL` : sql`pushed_at IS NOT NULL`;
  const { rows } = await sql<ReceivableRow>`SELECT * FROM receivables
    WHERE ${status} AND (${page.after}::bigint IS NULL OR position > ${page.after}::bigint) ORDER BY position LIMIT ${page.limit + 1}`.execute(
    db,
  );
  return rows;
};

/** A document with the fields that are pushed to the finance system. */
export type PendingReceivable = {
  document: Document;
  document_id: string;
  /** Null: a credit note without an invoice. */
  invoice_id: string | null;
  tenant_id: string;
  number: string;
  period: string;
  currency: string;
  net_cents: string;
  tax_cents: string;
  total_cents: string;
  issued_at: string;
  due_on: string | null;
};

/** Documents not accepted by the finance system yet, oldest first, so that an invoice is pushed before its credit note. */
export const pendingReceivables = async (db: Db, limit: number): Promise<PendingReceivable[]> => {
  const { rows } = await sql<PendingReceivable>`
    SELECT r.document, r.document_id, i.invoice_id, r.tenant_id, r.number, coalesce(c.period, i.period) AS period, coalesce(c.currency, i.currency) AS currency,
      coalesce(c.net_cents, CASE WHEN i.is_tax_inclusive THEN i.total_cents - i.tax_cents ELSE i.subtotal_cents END) AS net_cents,
      coalesce(c.tax_cents, i.tax_cents) AS tax_cents, coalesce(c.total_cents, i.total_cents) AS total_cents,
      coalesce(c.issued_at, CASE WHEN r.document = 'void' THEN i.voided_at ELSE i.issued_at END) AS issued_at, i.due_on
    FROM receivables r
    LEFT JOIN credit_notes c ON r.document = 'credit_note' AND c.credit_note_id = r.document_id
    LEFT JOIN tenant_invoices i ON i.invoice_id = coalesce(c.invoice_id, r.document_id)
    WHERE r.pushed_at IS NULL ORDER BY r.position LIMIT ${limit}`.execute(db);
  return rows;
};

/** Records the finance system's id and the time, with the receivable and with the document itself. */
export const notePushed = async (
  db: Db,
  pushed: { document: Document; documentId: string; financeId: string; at: Temporal.Instant },
): Promise<void> => {
  const at = pushed.at.toString();
  await sql`UPDATE receivables SET pushed_at = ${at}, finance_id = ${pushed.financeId}, attempts = attempts + 1, last_error = NULL
    WHERE document = ${pushed.document} AND document_id = ${pushed.documentId}`.execute(db);
  if (pushed.document === 'invoice') {
    await sql`UPDATE tenant_invoices SET finance_invoice_id = ${pushed.financeId}, pushed_to_finance_at = ${at} WHERE invoice_id = ${pushed.documentId}`.execute(
      db,
    );
  }
  if (pushed.document === 'credit_note') {
    await sql`UPDATE credit_notes SET finance_credit_id = ${pushed.financeId}, pushed_to_finance_at = ${at} WHERE credit_note_id = ${pushed.documentId}`.execute(
      db,
    );
  }
};

export const noteNotPushed = async (
  db: Db,
  failed: { document: Document; documentId: string; error: string },
): Promise<void> => {
  await sql`UPDATE receivables SET attempts = attempts + 1, last_error = ${failed.error.slice(0, 500)}
    WHERE document = ${failed.document} AND document_id = ${failed.documentId}`.execute(db);
};
