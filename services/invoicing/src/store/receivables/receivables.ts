import type { Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db, Schema } from '../schema.ts';

type Document = Schema['receivables']['document'];

/** Notes that the finance system has to hear of a document, and has it told soon. Each is noted once. */
export const noteReceivable = async (
  tx: Tx<Schema>,
  receivable: { document: Document; documentId: string; tenantId: string; number: string },
): Promise<void> => {
  await sql`INSERT INTO receivables (document, document_id, tenant_id, number)
    VALUES (${receivable.document}, ${receivable.documentId}, ${receivable.tenantId}, ${receivable.number}) ON CONFLICT DO NOTHING`.execute(
    tx.sql,
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

/** In the order they came about; one row more than asked for. */
export const pageOfReceivables = async (
  db: Db,
  asked: { status: 'pending' | 'pushed' | null; after: string | null; limit: number },
): Promise<ReceivableRow[]> => {
  const status =
    asked.status === null
      ? sql`true`
      : asked.status === 'pending'
        ? sql`pushed_at IS NULL`
        : sql`pushed_at IS NOT NULL`;
  const { rows } = await sql<ReceivableRow>`SELECT * FROM receivables
    WHERE ${status} AND (${asked.after}::bigint IS NULL OR position > ${asked.after}::bigint) ORDER BY position LIMIT ${asked.limit + 1}`.execute(
    db,
  );
  return rows;
};

/** A document with what the finance system is told of it. */
export type PendingReceivable = {
  document: Document;
  document_id: string;
  invoice_id: string;
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

/** What the finance system has not taken yet, in the order it came about, so that an invoice goes before its credit. */
export const pendingReceivables = async (db: Db, limit: number): Promise<PendingReceivable[]> => {
  const { rows } = await sql<PendingReceivable>`
    SELECT r.document, r.document_id, i.invoice_id, r.tenant_id, r.number, i.period, i.currency,
      coalesce(c.net_cents, CASE WHEN i.is_tax_inclusive THEN i.total_cents - i.tax_cents ELSE i.subtotal_cents END) AS net_cents,
      coalesce(c.tax_cents, i.tax_cents) AS tax_cents, coalesce(c.total_cents, i.total_cents) AS total_cents,
      coalesce(c.issued_at, CASE WHEN r.document = 'void' THEN i.voided_at ELSE i.issued_at END) AS issued_at, i.due_on
    FROM receivables r
    LEFT JOIN credit_notes c ON r.document = 'credit_note' AND c.credit_note_id = r.document_id
    JOIN tenant_invoices i ON i.invoice_id = coalesce(c.invoice_id, r.document_id)
    WHERE r.pushed_at IS NULL ORDER BY r.position LIMIT ${limit}`.execute(db);
  return rows;
};

/** The finance system's id and the time are noted with the document as well. */
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
