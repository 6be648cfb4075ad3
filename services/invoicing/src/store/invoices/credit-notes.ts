import { sql } from 'kysely';
import type { CreditNoteRow, Db, Tables } from '../schema.ts';

export type CreditNoteLine = Omit<Tables['credit_note_lines'], 'credit_note_id' | 'position' | 'amount_cents'> & {
  amount_cents: number;
};

/** Where a part of a credit note was applied. */
type AppliedTo = { invoice_id: string; number: string; amount_cents: number };

/** A credit note with its first lines and the number of all. */
export type CreditNote = CreditNoteRow & { lines: CreditNoteLine[]; line_count: number; applied_to: AppliedTo[] };

/** Lines that are shown with a credit note; the others are in pages. */
const shownLines = 50;

/** A credit note as it is issued. */
export type NewCreditNote = Omit<
  CreditNoteRow,
  'finance_credit_id' | 'pushed_to_finance_at' | 'refunded_cents' | 'refunded_at' | 'refund_reference'
>;

export const insertCreditNote = async (
  db: Db,
  note: NewCreditNote,
  lines: readonly CreditNoteLine[],
): Promise<void> => {
  await db
    .insertInto('credit_notes')
    .values({
      ...note,
      refunded_cents: '0',
      refunded_at: null,
      refund_reference: null,
      finance_credit_id: null,
      pushed_to_finance_at: null,
    })
    .execute();
  // As one JSON text: a whole credit of a large invoice has more values than a statement may have parameters.
  await sql`INSERT INTO credit_note_lines (credit_note_id, position, line_id, line_key, deployment_id, resource_kind, description, amount_cents,
      adjusts_period, adjusts_key)
    SELECT ${note.credit_note_id}, l.position, l.line_id, l.line_key, l.deployment_id, l.resource_kind, l.description, l.amount_cents,
      l.adjusts_period, l.adjusts_key
    FROM ROWS FROM (json_to_recordset(${JSON.stringify(lines)}::json) AS (line_id uuid, line_key text, deployment_id uuid, resource_kind text,
      description text, amount_cents bigint, adjusts_period text, adjusts_key text))
      WITH ORDINALITY AS l(line_id, line_key, deployment_id, resource_kind, description, amount_cents, adjusts_period, adjusts_key, position)`.execute(
    db,
  );
};

const columns = sql`c.*, (SELECT jsonb_agg(jsonb_build_object('line_id', l.line_id, 'line_key', l.line_key, 'deployment_id', l.deployment_id,
  'resource_kind', l.resource_kind, 'description', l.description, 'amount_cents', l.amount_cents, 'adjusts_period', l.adjusts_period,
  'adjusts_key', l.adjusts_key) ORDER BY l.position)
  FROM credit_note_lines l WHERE l.credit_note_id = c.credit_note_id AND l.position <= ${shownLines}) AS lines,
  (SELECT count(*)::int FROM credit_note_lines l WHERE l.credit_note_id = c.credit_note_id) AS line_count,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('invoice_id', i.invoice_id, 'number', i.number, 'amount_cents', a.amount_cents)
    ORDER BY i.number), '[]') FROM credit_applications a JOIN tenant_invoices i USING (invoice_id)
    WHERE a.credit_note_id = c.credit_note_id) AS applied_to`;

/** A credit note by its id, of a tenant (null: of any tenant). */
export const findCreditNote = async (
  db: Db,
  wanted: { creditNoteId: string; tenantId: string | null },
): Promise<CreditNote | null> => {
  const { rows } = await sql<CreditNote>`SELECT ${columns} FROM credit_notes c
    WHERE c.credit_note_id = ${wanted.creditNoteId} AND (${wanted.tenantId}::text IS NULL OR c.tenant_id = ${wanted.tenantId})`.execute(
    db,
  );
  return rows[0] ?? null;
};

/** What the credit notes of an invoice credit, by the key of its line, and their number. */
export const creditedBy = async (db: Db, invoiceId: string): Promise<{ notes: number; byKey: Map<string, number> }> => {
  const { rows } = await sql<{ line_key: string; amount_cents: string; notes: number }>`
    SELECT l.line_key, sum(l.amount_cents) AS amount_cents, (SELECT count(*)::int FROM credit_notes WHERE invoice_id = ${invoiceId}) AS notes
    FROM credit_note_lines l JOIN credit_notes c USING (credit_note_id) WHERE c.invoice_id = ${invoiceId} GROUP BY l.line_key`.execute(
    db,
  );
  return {
    notes: rows[0]?.notes ?? 0,
    byKey: new Map(rows.map(({ line_key, amount_cents }) => [line_key, Number(amount_cents)])),
  };
};

export type ListedCreditLine = Pick<CreditNoteLine, 'line_id' | 'deployment_id' | 'resource_kind' | 'amount_cents'> & {
  position: number;
};

/** Lines of a credit note in their order, after a position; one row above the limit. Null: the tenant has no such credit note. */
export const pageOfCreditNoteLines = async (
  db: Db,
  page: { creditNoteId: string; tenantId: string | null; after: number; limit: number },
): Promise<ListedCreditLine[] | null> => {
  const { rows: notes } = await sql`SELECT 1 FROM credit_notes WHERE credit_note_id = ${page.creditNoteId}
    AND (${page.tenantId}::text IS NULL OR tenant_id = ${page.tenantId})`.execute(db);
  if (notes.length === 0) return null;
  const { rows } = await sql<Omit<ListedCreditLine, 'amount_cents'> & { amount_cents: string }>`
    SELECT position, line_id, deployment_id, resource_kind, amount_cents FROM credit_note_lines
    WHERE credit_note_id = ${page.creditNoteId} AND position > ${page.after} ORDER BY position LIMIT ${page.limit + 1}`.execute(
    db,
  );
  return rows.map((row) => ({ ...row, amount_cents: Number(row.amount_cents) }));
};

/** How many credit notes without an invoice a tenant's month has. */
export const countExcessNotes = async (db: Db, tenantId: string, period: string): Promise<number> => {
  const { rows } = await sql<{ count: string }>`SELECT count(*) FROM credit_notes
    WHERE tenant_id = ${tenantId} AND period = ${period} AND invoice_id IS NULL`.execute(db);
  return Number(rows[0]?.count ?? 0);
};

/** All lines of a credit note, in their order. */
export const creditNoteLines = async (db: Db, creditNoteId: string): Promise<CreditNoteLine[]> => {
  const { rows } = await sql<Omit<CreditNoteLine, 'amount_cents'> & { amount_cents: string }>`
    SELECT line_id, line_key, deployment_id, resource_kind, description, amount_cents, adjusts_period, adjusts_key
    FROM credit_note_lines WHERE credit_note_id = ${creditNoteId} ORDER BY position`.execute(db);
  return rows.map((row) => ({ ...row, amount_cents: Number(row.amount_cents) }));
};

/** The tenants with a credit note of a period. */
export const creditedTenants = async (db: Db, period: string): Promise<string[]> => {
  const { rows } = await sql<{
    tenant_id: string;
  }>`SELECT DISTINCT tenant_id FROM credit_notes WHERE period = ${period}`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
};

/** The credit notes of a tenant's month with all their lines, by number. */
export const creditNotesOfMonth = async (
  db: Db,
  month: { tenantId: string; period: string },
): Promise<(CreditNoteRow & { lines: CreditNoteLine[] })[]> => {
  const { rows } = await sql<CreditNoteRow>`SELECT * FROM credit_notes
    WHERE tenant_id = ${month.tenantId} AND period = ${month.period} ORDER BY number`.execute(db);
  const notes: (CreditNoteRow & { lines: CreditNoteLine[] })[] = [];
  for (const row of rows) notes.push({ ...row, lines: await creditNoteLines(db, row.credit_note_id) });
  return notes;
};

/** Credit notes, the newest number first; one row above the limit. */
export const pageOfCreditNotes = async (
  db: Db,
  page: {
    tenantId: string | null;
    invoiceId: string | null;
    period: string | null;
    /** Part of its number, tenant, customer or of the name of a credited deployment. */
    text: string | null;
    after: string | null;
    limit: number;
  },
): Promise<CreditNote[]> => {
  const { rows } = await sql<CreditNote>`SELECT ${columns} FROM credit_notes c
    WHERE (${page.tenantId}::text IS NULL OR c.tenant_id = ${page.tenantId}) AND (${page.invoiceId}::uuid IS NULL OR c.invoice_id = ${page.invoiceId}::uuid)
      AND (${page.period}::text IS NULL OR c.period = ${page.period})
      AND (${page.text}::text IS NULL OR strpos(lower(concat_ws(' ', c.number, c.tenant_id, c.customer->>'name')), lower(${page.text})) > 0
        OR EXISTS (SELECT FROM credit_note_lines l JOIN json_each_text(c.deployment_names) AS d(id, name) ON d.id = l.deployment_id::text
          WHERE l.credit_note_id = c.credit_note_id AND strpos(lower(d.name), lower(${page.text})) > 0))
      AND (${page.after}::text IS NULL OR c.number < ${page.after})
    ORDER BY c.number DESC LIMIT ${page.limit + 1}`.execute(db);
  return rows;
};
