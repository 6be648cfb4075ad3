import { metering, nameUuid, type Period } from '@arcadia/contracts';
import { together } from '@arcadia/platform';
import type { Config } from '../config.ts';
import type { Tx } from '../context.ts';
import { adjustmentLines } from '../domain/invoices/adjustments.ts';
import { type Lacking, lackingOf } from '../domain/rating/lacking.ts';
import { awaitingKinds } from '../domain/rating/missing-bill.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';
import { unbilledSentence } from '../domain/rating/unbilled.ts';
import { drawPrepaid } from '../prepaid/draw-prepaid.ts';
import { type RatedMonth, type ReadMonth, rateTenant, readMonth } from '../rating/rate-tenant.ts';
import { billsOf } from '../store/costs/provider-bills.ts';
import { findBilledPeriod, noteAdjusted } from '../store/invoices/billed-periods.ts';
import { insertDraftInvoice, newDraft } from '../store/invoices/draft-invoices.ts';
import { correctionsOf, invoicesOfMonth, type StandingInvoice } from '../store/invoices/invoices.ts';
import { noteInvoicedManualLines, openManualLines } from '../store/invoices/manual-lines.ts';
import type { RunStatus, WaitsFor } from '../store/invoices/run-tables.ts';
import type { Run } from '../store/invoices/runs.ts';
import { noteSuccessor } from '../store/invoices/successors.ts';
import { withoutBillReason } from '../store/invoices/without-bill.ts';
import { lockTenantFirst } from '../store/tenants/locks.ts';
import { type Arrival, arrivalOf } from '../store/usage/closes.ts';
import { factIdentitiesAtClose, noteAdjustedFacts } from '../store/usage/usage-facts.ts';
import { creditBelowZero } from './credit-below-zero.ts';
import { customerOf } from './customer-of.ts';
import { prepareIssue } from './issue-invoice.ts';
import { pendingAdjustments } from './pending-adjustments.ts';
import { endInvoice, releaseInvoice } from './void-invoice.ts';

export type RunOutcome = {
  status: RunStatus;
  detail: string | null;
  invoiceId: string | null;
  /** Of a waiting run. */
  waitsFor?: WaitsFor;
  /** True: only an event can end the waiting, and it starts the run again; so the run need not look again by itself. */
  isStartedByEvent?: true;
  /** True: the month is billed now, with the invoice or with nothing to bill, which is to be recorded with the run. */
  isBilled?: true;
  /** What remains to be done, last in the transaction: it issues the invoice, and holds up all others until the commit. */
  last?: () => Promise<void>;
};

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
  await lockTenantFirst(tx.sql, run.tenantId);
  // Nearly every run finds that all has arrived and that there is no invoice yet, and then rates what is read here.
  const [arrival, read] = await together(tx.sql, (session) =>
    Promise.all([arrivalOf(session, run), readMonth(session, monthOf(run))]),
  );
  const missing = await missingFacts(tx, run, arrival);
  if (missing !== null) return { ...outcome('waiting', missing), waitsFor: 'facts' };
  const isOrdinary = arrival?.isOrdinary === true;
  const { live, count } = isOrdinary
    ? { live: null, count: 0 }
    : await invoicesOfMonth(tx.sql, run.tenantId, run.period);
  if (live !== null && live.status !== 'draft') {
    if (!run.isForced) return outcome('unchanged', null, live.invoice_id);
    const refused = await refusedReplacement(tx, live);
    if (refused !== null) return outcome('refused', refused, live.invoice_id);
  }
  if (live === null && !isOrdinary && (await isBilledElsewhere(tx, run)))
    return outcome('unchanged', 'its late facts are billed on a later invoice');
  // The nth invoice of a month has the same id, whichever replica makes it.
  const invoiceId = nameUuid('invoice', run.tenantId, run.period, String(count + 1));
  const former = { live, isAfterAnother: count > 0, isOrdinary, isCompressed: arrival?.isCompressed === true };
  // What the invoice that stands holds is released first, and then read again.
  const known = live === null ? { read } : {};
  return makeInvoice(tx, given, { ...former, ...known, invoiceId, factsHash: arrival?.expected?.hash ?? null });
};

const monthOf = ({ tenantId, period, closeRevision }: Run) => ({ tenantId, period, asOf: { closeRevision } });

/** What a run waits for: facts that the close counts, or changes of deployments that it names. Null if all have arrived. */
const missingFacts = async (tx: Tx, run: Run, arrival: Arrival | null): Promise<string | null> => {
  if (arrival === null) return `close ${run.closeRevision} has not arrived`;
  const { expected, held, hashVersion, deploymentsBehind } = arrival;
  if (expected === null) return null;
  if (held.facts !== expected.facts) return `${held.facts} of ${expected.facts} facts have arrived`;
  if (held.hash !== expected.hash) {
    const named = { hash: expected.hash, version: hashVersion };
    const isSame = metering.isFactsHash(await factIdentitiesAtClose(tx.sql, run), named);
    if (isSame === null)
      return `the close hashes its facts by version ${hashVersion}, which this release does not know`;
    if (!isSame) return 'the facts that have arrived are not those of the manifest';
  }
  return deploymentsBehind === 0 ? null : `changes of ${deploymentsBehind} deployments have not arrived`;
};

const refusedReplacement = async (tx: Tx, live: StandingInvoice): Promise<string | null> => {
  const { adjustments, credits, payments } = await correctionsOf(tx.sql, live);
  if (payments > 0) return 'invoice-paid';
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
  /** As of `Arrival`. */
  isOrdinary: boolean;
  /** As of `Arrival`. */
  isCompressed: boolean;
  invoiceId: string;
  factsHash: string | null;
  /** What was read of the month; absent where it is to be read again. */
  read?: ReadMonth;
};

const makeInvoice = async (
  tx: Tx,
  given: Given,
  { live, isAfterAnother, isOrdinary, isCompressed, invoiceId, factsHash, read }: Making,
): Promise<RunOutcome> => {
  const { run, now } = given;
  // Lines and corrections on the former invoice must be released before the new one is rated.
  if (live !== null) await releaseInvoice(tx, live);
  const {
    rated,
    periods,
    manual,
    credited,
    lacking,
    withoutBillReason: reason,
  } = await rateWithOthers(tx, given, { live, isOrdinary, read });
  if (lacking !== null) {
    if (live !== null) await keepReleased(tx, live, { periods, lines: manual });
    return { ...outcome('waiting', lacking.text), waitsFor: lacking.of, isStartedByEvent: true };
  }
  if (live !== null && live.status !== 'draft' && live.output_hash === rated.rating.output_hash) {
    await keepReleased(tx, live, { periods, lines: manual });
    return outcome('unchanged', null, live.invoice_id);
  }
  if (rated.rating.lines.length === 0) {
    if (live !== null) await endInvoice(tx, live, { now, reason: 'nothing left to bill', replacedBy: null });
    return { ...outcome('nothing', credited ?? unbilledSentence(rated.rating.unrated)), isBilled: true };
  }
  if (live?.status === 'draft') await endInvoice(tx, live, { now, reason: 'made again', replacedBy: null });
  if (live !== null && live.status !== 'draft')
    await endInvoice(tx, live, { now, reason: 'reissued', replacedBy: invoiceId });
  const invoice = { ...invoiceOf(given, rated), invoiceId, factsHash, withoutBillReason: reason };
  const draft = newDraft(invoice);
  const terms = { paymentTermsDays: rated.profile.payment_terms_days, isCompressed, now };
  const issue = given.config.graceHours === 0 ? prepareIssue(draft, terms) : null;
  await insertDraftInvoice(tx.sql, invoice, { draft, isCompressed });
  const { prepaid: draws = [] } = rated.rating;
  await drawPrepaid(tx, { invoiceId, tenantId: run.tenantId, period: run.period, draws });
  await noteAdjustedFacts(tx.sql, { invoiceId, tenantId: run.tenantId, periods });
  await noteAdjusted(tx.sql, { tenantId: run.tenantId, periods, invoiceId });
  await noteInvoicedManualLines(tx.sql, invoiceId, manual);
  if (isAfterAnother) await noteSuccessor(tx.sql, { invoiceId, tenantId: run.tenantId, period: run.period });
  const status = live === null || live.status === 'draft' ? 'invoiced' : 'reissued';
  const last = issue === null ? {} : { last: () => issue(tx) };
  return { ...outcome(status, null, invoiceId), isBilled: true, ...last };
};

type Rated = {
  rated: RatedMonth;
  /** The earlier months whose corrections are among the lines, and those that were examined. */
  periods: Period[];
  manual: RatedLine[];
  /** The provider's bill or the exchange rates that it must wait for; null: none. */
  lacking: Lacking | null;
  /** Why it is invoiced without that bill; null: it does not lack one. */
  withoutBillReason: string | null;
  /** Why there may be nothing to invoice: what the month came to below zero is credited. */
  credited: string | null;
};

/** Rates the month with the corrections of earlier months and the lines added by hand. What is below zero is credited. */
const rateWithOthers = async (
  tx: Tx,
  { run, config, now }: Given,
  { live, isOrdinary, read }: Pick<Making, 'live' | 'isOrdinary'> & { read: ReadMonth | undefined },
): Promise<Rated> => {
  const { tenantId, period } = run;
  const exceptOn = live?.invoice_id ?? null;
  const adjusted = isOrdinary ? [] : await pendingAdjustments(tx.sql, { tenantId, before: period, exceptOn });
  const manual = isOrdinary ? [] : await openManualLines(tx.sql, tenantId, period);
  const corrections = adjusted.flatMap(({ billed, differences }) => adjustmentLines(billed.period, differences));
  const month = { ...monthOf(run), draws: { exceptOn } };
  const rated = await rateTenant(tx.sql, month, { otherLines: [...corrections, ...manual], read });
  const isAwaiting = awaitingKinds(rated.input).length > 0;
  const given = isAwaiting
    ? { arrived: await billsOf(tx.sql, period), withoutBillReason: await withoutBillReason(tx.sql, run) }
    : { arrived: [], withoutBillReason: null };
  const { lacking, isWithoutBill } = lackingOf(rated.input, rated.rating, given);
  const isBelowZero = lacking === null && rated.rating.subtotal_cents < 0;
  const all = { rated, adjusted, manual };
  const kept = isBelowZero ? await creditBelowZero(tx, { ...all, supplier: config.supplier, now }) : all;
  return {
    ...kept,
    lacking,
    withoutBillReason: isWithoutBill ? given.withoutBillReason : null,
    periods: kept.adjusted.map(({ billed }) => billed.period),
    credited: isBelowZero ? 'what it came to below zero is credited' : null,
  };
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

const invoiceOf = ({ run, config, now }: Given, rated: RatedMonth) => ({
  tenantId: run.tenantId,
  period: run.period,
  closeRevision: run.closeRevision,
  issueAt: now.add({ hours: config.graceHours }),
  rating: rated.rating,
  input: rated.input,
  customer: customerOf(rated.profile),
  supplier: config.supplier,
});
