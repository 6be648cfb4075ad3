import type { Period } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import type { Supplier } from '../domain/invoices/party.ts';
import { type BilledPeriod, findBilledPeriod, noteTermsSettled } from '../store/invoices/billed-periods.ts';
import { creditedOn } from '../store/invoices/invoice-lists.ts';
import { findInvoice } from '../store/invoices/invoices.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { enqueueRuns } from './enqueue-runs.ts';
import { issueCreditNote } from './issue-credit-note.ts';
import { monthDifferences, type PendingPeriod } from './pending-adjustments.ts';

type Month = { tenantId: string; period: Period };

/** Corrects an invoiced month after its terms have changed. */
export async function correctPeriod(
  { input, cause }: Pick<JobRun<{ tenant_id: string; period: Period }>, 'input' | 'cause'>,
  ctx: Context,
): Promise<void> {
  const month = { tenantId: input.tenant_id, period: input.period };
  const { supplier } = ctx.config;
  await ctx.transact((tx) => creditDifference(tx, month, { supplier, now: ctx.clock.now(), cause }));
}

/**
 * Credits what was billed too much. What was billed too little waits for the next invoice, and so does a correction that is
 * larger than what remains of this invoice.
 */
const creditDifference = async (
  tx: Tx,
  month: Month,
  { cause, ...given }: { supplier: Supplier; now: Temporal.Instant; cause: string },
) => {
  await lockTenant(tx.sql, month.tenantId);
  const billed = await findBilledPeriod(tx.sql, month.tenantId, month.period);
  if (billed === null || !billed.terms_changed || billed.invoice_id === null) return;
  if (await makeDraftAgain(tx, billed, cause)) return;
  const differences = await monthDifferences(tx.sql, billed, null);
  if (differences.length === 0) return noteTermsSettled(tx.sql, month);
  await creditCorrection(tx, { billed, differences, ...given, reason: `The terms of ${month.period} have changed` });
};

/** Starts the run of a month again whose invoice is still a draft, so that it is issued with the changed terms. */
const makeDraftAgain = async (tx: Tx, billed: BilledPeriod, cause: string): Promise<boolean> => {
  const { tenant_id: tenantId, period, invoice_id: invoiceId, close_revision: closeRevision } = billed;
  const invoice = invoiceId === null ? null : await findInvoice(tx.sql, { invoiceId, tenantId });
  if (invoice?.status !== 'draft') return false;
  await enqueueRuns(tx, [{ period, tenantId, closeRevision, isForced: false }], cause);
  return true;
};

/**
 * Credits the differences of a month against its invoice, unless they are a further charge, or more than what remains of the
 * invoice.
 * @returns the id of the credit note; null if there is none
 */
export const creditCorrection = async (
  tx: Tx,
  given: PendingPeriod & { reason: string; supplier: Supplier; now: Temporal.Instant },
): Promise<string | null> => {
  const { billed, differences, reason, supplier, now } = given;
  if (billed.invoice_id === null) return null;
  const invoice = await findInvoice(tx.sql, { invoiceId: billed.invoice_id, tenantId: billed.tenant_id });
  if (invoice === null || (invoice.status !== 'issued' && invoice.status !== 'paid')) return null;
  const net = differences.reduce((sum, { old_cents, new_cents }) => sum + old_cents - new_cents, 0);
  const left = Number(invoice.subtotal_cents) - (await creditedOn(tx.sql, invoice.invoice_id)).net_cents;
  if (net <= 0 || net > left) return null;
  const id = await issueCreditNote(tx, invoice, {
    kind: 'correction',
    reason,
    now,
    supplier,
    lines: differences.map(({ key, deployment_id, resource_kind, description, old_cents, new_cents }) => ({
      line_key: key,
      deployment_id,
      resource_kind,
      description,
      amount_cents: old_cents - new_cents,
    })),
  });
  await noteTermsSettled(tx.sql, { tenantId: billed.tenant_id, period: billed.period });
  return id;
};
