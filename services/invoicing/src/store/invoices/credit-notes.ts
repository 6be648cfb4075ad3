import { sql } from 'kysely';
import type { CreditNoteRow, Db, Tables } from '../schema.ts';

export type CreditNoteLine = Omit<Tables['credit_note_lines'], 'credit_note_id' | 'position' | 'amount_cents'> & {
  amount_cents: number;
};

export type CreditNote = CreditNoteRow & { lines: CreditNoteLine[] };

export const insertCreditNote = async (
  db: Db,
  note: Omit<CreditNoteRow, 'finance_credit_id' | 'pushed_to_finance_at'>,
  lines: readonly CreditNoteLine[],
): Promise<void> => {
  await db
    .insertInto('credit_notes')
    .values({ ...note, finance_credit_id: null, pushed_to_finance_at: null })
    .execute();
  await db
    .insertInto('credit_note_lines')
    .values(
      lines.map((line, index) => ({
        ...line,
        credit_note_id: note.credit_note_id,
        position: index + 1,
        amount_cents: String(line.amount_cents),
      })),
    )
    .execute();
};

const columns = sql`c.*, (SELECT jsonb_agg(jsonb_build_object('line_id', l.line_id, 'line_key', l.line_key, 'deployment_id', l.deployment_id,
  'resource_kind', l.resource_kind, 'description', l.description, 'amount_cents', l.amount_cents) ORDER BY l.position)
  FROM credit_note_lines l WHERE l.credit_note_id = c.credit_note_id) AS lines`;

export const findCreditNote = async (db: Db, creditNoteId: string): Promise<CreditNote | null> => {
  const { rows } =
    await sql<CreditNote>`SELECT ${columns} FROM credit_notes c WHERE c.credit_note_id = ${creditNoteId}`.execute(db);
  return rows[0] ?? null;
};

/** The credit notes of an invoice, oldest first. */
export const creditNotesOf = async (db: Db, invoiceId: string): Promise<CreditNote[]> => {
  const { rows } =
    await sql<CreditNote>`SELECT ${columns} FROM credit_notes c WHERE c.invoice_id = ${invoiceId} ORDER BY c.number`.execute(
      db,
    );
  return rows;
};

/** Credit notes, the newest number first; one row above the limit. */
export const pageOfCreditNotes = async (
  db: Db,
  page: {
    tenantId: string | null;
    invoiceId: string | null;
    period: string | null;
    after: string | null;
    limit: number;
  },
): Promise<CreditNote[]> => {
  const { rows } = await sql<CreditNote>`SELECT ${columns} FROM credit_notes c
    WHERE (${page.tenantId}::text IS NULL OR c.tenant_id = ${page.tenantId}) AND (${page.invoiceId}::uuid IS NULL OR c.invoice_id = ${page.invoiceId}::uuid)
      AND (${page.period}::text IS NULL OR c.period = ${page.period}) AND (${page.after}::text IS NULL OR c.number < ${page.after})
    ORDER BY c.number DESC LIMIT ${page.limit + 1}`.execute(db);
  return rows;
};
