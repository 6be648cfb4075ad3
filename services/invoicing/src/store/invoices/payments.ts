import { sql } from 'kysely';
import type { Db } from '../schema.ts';
import { appliedCents } from './credit-applications.ts';

/** The sum of the payments towards an invoice `i`, in minor units. */
export const paidCents = sql`coalesce((SELECT sum(p.amount_cents) FROM payments p WHERE p.invoice_id = i.invoice_id), 0)`;

/** The amount still due on an issued invoice `i`, in minor units with tax. */
export const dueCents = sql`(i.total_cents - ${appliedCents} - ${paidCents})`;

/** The credit applied to an invoice, the payments towards it and the amount still due on it, in minor units with tax. */
export const settledOn = async (db: Db, invoiceId: string): Promise<{ applied: string; paid: string; due: number }> => {
  const { rows } = await sql<{ applied: string; paid: string; due: string }>`
    SELECT (${appliedCents})::text AS applied, (${paidCents})::text AS paid, greatest(${dueCents}, 0)::text AS due
    FROM tenant_invoices i WHERE i.invoice_id = ${invoiceId}`.execute(db);
  const { applied = '0', paid = '0', due = '0' } = rows[0] ?? {};
  return { applied, paid, due: Number(due) };
};

export const insertPayment = async (
  db: Db,
  payment: {
    paymentId: string;
    invoiceId: string;
    tenantId: string;
    cents: number;
    paidAt: string;
    reference: string;
    recordedAt: Temporal.Instant;
    recordedBy: string;
  },
): Promise<void> => {
  await sql`INSERT INTO payments (payment_id, invoice_id, tenant_id, amount_cents, paid_at, reference, recorded_at, recorded_by)
    VALUES (${payment.paymentId}, ${payment.invoiceId}, ${payment.tenantId}, ${payment.cents}, ${payment.paidAt}, ${payment.reference},
      ${payment.recordedAt.toString()}, ${payment.recordedBy})`.execute(db);
};
