import { sql } from 'kysely';
import type { Credit } from '../../domain/prepaid/ledger.ts';
import type { PrepaidDraw } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';
import type { CreditRow } from './prepaid-tables.ts';

/** The draws of a credit `c` as JSON, in the order of their months. */
export const drawsJson = sql`coalesce((SELECT json_agg(json_build_object('invoice_id', d.invoice_id, 'period', d.period,
  'amount_cents', d.amount_cents) ORDER BY d.period, d.invoice_id) FROM prepaid_draws d WHERE d.credit_id = c.credit_id), '[]')`;

/** Every prepaid credit of a tenant with its draws, oldest first. */
export const creditsOf = async (db: Db, tenantId: string): Promise<(CreditRow & { draws: Credit['draws'] })[]> => {
  const { rows } = await sql<
    CreditRow & { draws: Credit['draws'] }
  >`SELECT c.credit_id, c.tenant_id, c.number, c.credit, c.reference,
      c.revision, c.created_at, c.created_by, c.reason, c.ended_by, c.end_reason, ${drawsJson} AS draws
    FROM prepaid_credits c WHERE c.tenant_id = ${tenantId} ORDER BY c.number`.execute(db);
  return rows;
};

export const insertCredit = async (
  db: Db,
  row: Pick<CreditRow, 'tenant_id' | 'credit' | 'reference' | 'created_at' | 'created_by' | 'reason'>,
): Promise<void> => {
  const { credit_id, number } = row.credit;
  await sql`INSERT INTO prepaid_credits (credit_id, tenant_id, number, credit, reference, created_at, created_by, reason)
    VALUES (${credit_id}, ${row.tenant_id}, ${number}, ${JSON.stringify(row.credit)}::json, ${row.reference}, ${row.created_at},
      ${row.created_by}, ${row.reason})`.execute(db);
};

/** Replaces a credit by one that ends. */
export const endCredit = async (
  db: Db,
  ended: { credit: CreditRow['credit']; by: string; reason: string },
): Promise<void> => {
  await sql`UPDATE prepaid_credits SET credit = ${JSON.stringify(ended.credit)}::json, ended_by = ${ended.by}, end_reason = ${ended.reason}
    WHERE credit_id = ${ended.credit.credit_id}`.execute(db);
};

/** Counts a change of these credits. @returns each with its draws and its new revision */
export const takeCreditRevisions = async (
  db: Db,
  creditIds: readonly string[],
): Promise<Pick<CreditRow & { draws: Credit['draws'] }, 'tenant_id' | 'credit' | 'revision' | 'draws'>[]> => {
  type Row = Pick<CreditRow & { draws: Credit['draws'] }, 'tenant_id' | 'credit' | 'revision' | 'draws'>;
  const { rows } = await sql<Row>`UPDATE prepaid_credits c SET revision = c.revision + 1
    WHERE c.credit_id = ANY(${creditIds}::uuid[]) RETURNING c.tenant_id, c.credit, c.revision, ${drawsJson} AS draws`.execute(
    db,
  );
  return rows.toSorted((a, b) => a.credit.number - b.credit.number);
};

/** Records what an invoice draws. */
export const insertDraws = async (
  db: Db,
  invoice: { invoiceId: string; period: string; draws: readonly PrepaidDraw[] },
): Promise<void> => {
  await sql`INSERT INTO prepaid_draws (credit_id, invoice_id, period, amount_cents, is_paid)
    SELECT t.credit_id, ${invoice.invoiceId}::uuid, ${invoice.period}, t.amount_cents, c.credit ->> 'origin' = 'paid'
    FROM json_to_recordset(${JSON.stringify(invoice.draws)}::json) AS t(credit_id uuid, amount_cents bigint)
    JOIN prepaid_credits c USING (credit_id)`.execute(db);
};

/** Takes back what an invoice draws. @returns the credits that it drew */
export const deleteDraws = async (db: Db, invoiceId: string): Promise<string[]> => {
  const { rows } = await sql<{
    credit_id: string;
  }>`DELETE FROM prepaid_draws WHERE invoice_id = ${invoiceId} RETURNING credit_id`.execute(db);
  return rows.map(({ credit_id }) => credit_id).toSorted();
};

/** What an invoice draws, by credit. */
export const drawsOfInvoice = async (db: Db, invoiceId: string): Promise<PrepaidDraw[]> => {
  const { rows } = await sql<{
    credit_id: string;
    amount_cents: string;
  }>`SELECT credit_id, amount_cents FROM prepaid_draws
    WHERE invoice_id = ${invoiceId} ORDER BY credit_id`.execute(db);
  return rows.map((row) => ({ ...row, amount_cents: Number(row.amount_cents) }));
};

/** The paid credit that an invoice draws, with the names of the credits. */
export const paidDrawsNamed = async (db: Db, invoiceId: string): Promise<{ name: string; amount_cents: number }[]> => {
  const { rows } = await sql<{ name: string; amount_cents: string }>`SELECT c.credit ->> 'name' AS name, d.amount_cents
    FROM prepaid_draws d JOIN prepaid_credits c USING (credit_id) WHERE d.invoice_id = ${invoiceId} AND d.is_paid
    ORDER BY c.number`.execute(db);
  return rows.map((row) => ({ ...row, amount_cents: Number(row.amount_cents) }));
};
