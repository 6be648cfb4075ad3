import { nameUuid, type Period } from '@arcadia/contracts';
import type { Config } from '../config.ts';
import type { Tx } from '../context.ts';
import type { Customer } from '../domain/invoices/party.ts';
import type { Rating, RatingInput } from '../domain/rating/rate.ts';
import { unbilledSentence } from '../domain/rating/unbilled.ts';
import { rateTenant } from '../rating/rate-tenant.ts';
import { findBilledPeriod, noteAdjusted, noteBilled } from '../store/invoices/billed-periods.ts';
import {
  correctionsOf,
  insertDraftInvoice,
  invoicesOfMonth,
  noteSuccessor,
  type StandingInvoice,
} from '../store/invoices/invoices.ts';
import { noteInvoicedManualLines, openManualLines } from '../store/invoices/manual-lines.ts';
import type { Run } from '../store/invoices/runs.ts';
import type { BillingProfileRow, RunStatus } from '../store/schema.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { type Arrival, arrivalOf } from '../store/usage/closes.ts';
import { noteAdjustedFacts } from '../store/usage/usage-facts.ts';
import { issueInvoice } from './issue-invoice.ts';
import { pendingAdjustments } from './pending-adjustments.ts';
import { endInvoice, releaseInvoice } from './void-invoice.ts';

export type RunOutcome = { status: RunStatus; detail: string | null; invoiceId: string | null };

type Given = { run: Run; config: Config; now: Temporal.Instant };

const outcome = (status: RunStatus, detail: string | null = null, invoiceId: string | null = null): RunOutcome => ({
  status,
  detail,
  invoiceId,
});

/**
 * Makes the invoice of one tenant's month, once: an invoice that stands stays, unless the run is forced and the content differs.
 * All of it happens in one transaction under the tenant's lock, so any number of concurrent runs make one invoice.
 */
export const invoiceTenant = async (tx: Tx, given: Given): Promise<RunOutcome> => {
  const { run } = given;
  await lockTenant(tx.sql, run.tenantId);
  const arrival = await arrivalOf(tx.sql, run);
  const missing = missingFacts(run, arrival);
  if (missing !== null) return outcome('waiting', missing);
  const { live, count } = await invoicesOfMonth(tx.sql, run.tenantId, run.period);
  if (live !== null && live.status !== 'draft') {
    if (!run.isForced) return outcome('unchanged', null, live.invoice_id);
    const refused = await refusedReplacement(tx, live);
    if (refused !== null) return outcome('refused', refused, live.invoice_id);
  }
  if (live === null && (await isBilledElsewhere(tx, run)))
    return outcome('unchanged', 'its late facts are billed on a later invoice');
  // The nth invoice of a month has the same id, whichever replica makes it.
  const invoiceId = nameUuid('invoice', run.tenantId, run.period, String(count + 1));
  const former = { live, isAfterAnother: count > 0 };
  return makeInvoice(tx, given, { ...former, invoiceId, factsHash: arrival?.expected?.hash ?? null });
};

/** What a run waits for: facts that the close counts, or changes of deployments that it names. Null if all have arrived. */
const missingFacts = (run: Run, arrival: Arrival | null): string | null => {
  if (arrival === null) return `close ${run.closeRevision} has not arrived`;
  const { expected, held, deploymentsBehind } = arrival;
  if (expected === null) return null;
  if (held.facts !== expected.facts) return `${held.facts} of ${expected.facts} facts have arrived`;
  if (held.hash !== expected.hash) return 'the facts that have arrived are not those of the manifest';
  return deploymentsBehind === 0 ? null : `changes of ${deploymentsBehind} deployments have not arrived`;
};

const refusedReplacement = async (tx: Tx, live: StandingInvoice): Promise<string | null> => {
  if (live.status === 'paid') return 'invoice-paid';
  const { adjustments, credits } = await correctionsOf(tx.sql, live);
  if (adjustments > 0) return 'adjustment-issued';
  return credits > 0 ? 'credit-note-issued' : null;
};

/** Whether a month had nothing to bill and its late facts are billed on a later invoice, so that a run does not bill them again. */
const isBilledElsewhere = async (tx: Tx, { tenantId, period }: Run): Promise<boolean> => {
  const billed = await findBilledPeriod(tx.sql, tenantId, period);
  if (billed === null || billed.invoice_id !== null) return false;
  const { adjustments } = await correctionsOf(tx.sql, {
    invoice_id: '00000000-0000-0000-0000-000000000000',
    tenant_id: tenantId,
    period,
  });
  return adjustments > 0;
};

type Making = {
  live: StandingInvoice | null;
  /** Whether the month had an invoice before, void or not. */
  isAfterAnother: boolean;
  invoiceId: string;
  factsHash: string | null;
};

const makeInvoice = async (
  tx: Tx,
  given: Given,
  { live, isAfterAnother, invoiceId, factsHash }: Making,
): Promise<RunOutcome> => {
  const { run, now } = given;
  // Lines and corrections on the former invoice must be released before the new one is rated.
  if (live !== null) await releaseInvoice(tx, live);
  const adjusted = await pendingAdjustments(tx.sql, {
    tenantId: run.tenantId,
    before: run.period,
    exceptOn: live?.invoice_id ?? null,
  });
  const manual = await openManualLines(tx.sql, run.tenantId, run.period);
  const asOf = { closeRevision: run.closeRevision };
  const month = { tenantId: run.tenantId, period: run.period, asOf };
  const rated = await rateTenant(tx.sql, month, [...adjusted.lines, ...manual]);
  if (live !== null && live.status !== 'draft' && live.output_hash === rated.rating.output_hash) {
    await keepReleased(tx, live, { periods: adjusted.periods, lines: manual });
    return outcome('unchanged', null, live.invoice_id);
  }
  const billed = { tenantId: run.tenantId, period: run.period, closeRevision: run.closeRevision };
  if (rated.rating.lines.length === 0) {
    if (live !== null) await endInvoice(tx, live, { now, reason: 'nothing left to bill', replacedBy: null });
    await noteBilled(tx.sql, { ...billed, invoiceId: null });
    return outcome('nothing', unbilledSentence(rated.rating.unrated));
  }
  if (live?.status === 'draft') await endInvoice(tx, live, { now, reason: 'made again', replacedBy: null });
  if (live !== null && live.status !== 'draft')
    await endInvoice(tx, live, { now, reason: 'reissued', replacedBy: invoiceId });
  const draft = await insertDraftInvoice(tx.sql, { ...draftOf(given, rated), invoiceId, factsHash });
  await noteAdjustedFacts(tx.sql, { invoiceId, tenantId: run.tenantId, periods: adjusted.periods });
  await noteAdjusted(tx.sql, { tenantId: run.tenantId, periods: adjusted.periods, invoiceId });
  await noteInvoicedManualLines(tx.sql, invoiceId, manual);
  if (isAfterAnother) await noteSuccessor(tx.sql, { invoiceId, tenantId: run.tenantId, period: run.period });
  await noteBilled(tx.sql, { ...billed, invoiceId });
  if (given.config.graceHours === 0)
    await issueInvoice(tx, draft, { paymentTermsDays: rated.profile.payment_terms_days, now });
  return outcome(live === null || live.status === 'draft' ? 'invoiced' : 'reissued', null, invoiceId);
};

/** Gives an unchanged invoice back the lines and corrections that were released before rating. */
const keepReleased = async (
  tx: Tx,
  live: StandingInvoice,
  taken: { periods: Period[]; lines: Parameters<typeof noteInvoicedManualLines>[2] },
): Promise<void> => {
  await noteAdjusted(tx.sql, { tenantId: live.tenant_id, periods: taken.periods, invoiceId: live.invoice_id });
  await noteInvoicedManualLines(tx.sql, live.invoice_id, taken.lines);
};

const draftOf = (
  { run, config, now }: Given,
  rated: { rating: Rating; input: RatingInput; profile: BillingProfileRow },
) => ({
  tenantId: run.tenantId,
  period: run.period,
  closeRevision: run.closeRevision,
  issueAt: now.add({ hours: config.graceHours }),
  rating: rated.rating,
  input: rated.input,
  customer: customerOf(rated.profile),
  supplier: config.supplier,
});

const customerOf = ({
  tenant_id,
  name,
  address,
  registration_number,
  country,
  buyer_reference,
  tax,
}: BillingProfileRow): Customer => ({
  tenant_id,
  name,
  address,
  registration_number,
  country,
  buyer_reference,
  tax: { name: tax.name, registration_number: tax.registration_number },
});
