import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** The invoice of a reminder. */
export type InvoiceReference = {
  invoice_id: string;
  number: string;
  period: string;
  currency: string;
  total_cents: number;
};

export type IssuedInvoice = {
  invoice_id: string;
  tenant_id: string;
  /** UTC day. */
  issued_on: string;
  /** UTC day. */
  due_on: string;
  reference: InvoiceReference;
};

/** Keeps when invoices are due. */
export async function keepIssued(db: Transaction<Tables>, invoices: readonly IssuedInvoice[]): Promise<void> {
  if (invoices.length === 0) return;
  await sql`
    INSERT INTO invoice_dues AS i (invoice_id, tenant_id, issued_on, due_on, is_settled, reference)
    SELECT DISTINCT ON (invoice_id) invoice_id, tenant_id, issued_on, due_on, false, reference
    FROM jsonb_to_recordset(${JSON.stringify(invoices)}::jsonb) AS t (
      invoice_id uuid, tenant_id text, issued_on date, due_on date, reference json)
    ORDER BY invoice_id
    ON CONFLICT (invoice_id) DO UPDATE SET issued_on = excluded.issued_on, due_on = excluded.due_on, reference = excluded.reference
    WHERE i.due_on IS NULL`.execute(db);
}

/** Notes invoices on which nothing is due any more: they were paid or voided. The invoice itself may arrive later. */
export async function keepSettled(
  db: Transaction<Tables>,
  invoices: readonly { invoice_id: string; tenant_id: string }[],
): Promise<void> {
  if (invoices.length === 0) return;
  await sql`
    INSERT INTO invoice_dues (invoice_id, tenant_id, is_settled)
    SELECT DISTINCT ON (invoice_id) invoice_id, tenant_id, true
    FROM jsonb_to_recordset(${JSON.stringify(invoices)}::jsonb) AS t (invoice_id uuid, tenant_id text)
    ORDER BY invoice_id
    ON CONFLICT (invoice_id) DO UPDATE SET is_settled = true`.execute(db);
}

export type DueReminder = {
  invoice_id: string;
  tenant_id: string;
  due_on: string;
  /** The day of the reminder, counted from the due day: negative before it. */
  day: number;
  reference: InvoiceReference;
};

/** How many reminders are taken in one statement. */
const remindersAtOnce = 500;

/**
 * Takes reminders that have become due: of each unsettled invoice the last one until `today` that was not taken yet. One that would have
 * been due on the day of issue or before is none.
 */
export async function takeReminders(
  db: Kysely<Tables>,
  { days, today }: { days: readonly number[]; today: string },
): Promise<DueReminder[]> {
  const { rows } = await sql<DueReminder>`
    WITH due AS MATERIALIZED (
      SELECT i.invoice_id, r.day
      FROM invoice_dues i CROSS JOIN LATERAL (
        SELECT max(day) AS day FROM unnest(${[...days]}::int[]) AS r (day)
        WHERE i.due_on + day <= ${today}::date AND i.due_on + day > i.issued_on
      ) r
      WHERE NOT i.is_settled AND i.due_on IS NOT NULL AND r.day IS NOT NULL AND r.day > coalesce(i.reminded_day, -100000)
        AND i.due_on <= ${today}::date - ${Math.min(...days)}::int
      LIMIT ${remindersAtOnce} FOR UPDATE OF i
    )
    UPDATE invoice_dues i SET reminded_day = d.day FROM due d WHERE d.invoice_id = i.invoice_id
    RETURNING i.invoice_id, i.tenant_id, i.due_on::text AS due_on, d.day, i.reference`.execute(db);
  return rows;
}
