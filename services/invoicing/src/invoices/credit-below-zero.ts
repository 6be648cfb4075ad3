import type { Tx } from '../context.ts';
import { adjustmentLines } from '../domain/invoices/adjustments.ts';
import { takeExcess } from '../domain/invoices/excess.ts';
import type { Supplier } from '../domain/invoices/party.ts';
import { ratingSteps } from '../domain/rating/rate.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';
import { inSlices } from '../rating/in-slices.ts';
import type { RatedMonth } from '../rating/rate-tenant.ts';
import { noteAdjusted } from '../store/invoices/billed-periods.ts';
import { noteCreditedManualLine } from '../store/invoices/manual-lines.ts';
import { creditCorrection } from './correct-period.ts';
import { customerOf } from './customer-of.ts';
import { issueExcessCredit } from './issue-credit-note.ts';
import type { PendingPeriod } from './pending-adjustments.ts';

type Below = {
  rated: RatedMonth;
  /** The earlier months that are corrected, and the lines added by hand. */
  adjusted: readonly PendingPeriod[];
  manual: readonly RatedLine[];
  supplier: Supplier;
  now: Temporal.Instant;
};

export type AboveZero = { rated: RatedMonth; adjusted: PendingPeriod[]; manual: RatedLine[] };

/**
 * Credits what a month comes to below zero, since an invoice is never negative: first the corrections of earlier months, each
 * against its own invoice; then, of what is still negative, the excess of lines added by hand and of other corrections. What is
 * left comes to zero or more.
 */
export const creditBelowZero = async (tx: Tx, below: Below): Promise<AboveZero> => {
  const { now } = below;
  const kept: PendingPeriod[] = [];
  for (const each of below.adjusted) {
    const reason = `Usage or terms of ${each.billed.period} were corrected`;
    const noteId =
      netOf(each) < 0 ? await creditCorrection(tx, { ...each, reason, supplier: below.supplier, now }) : null;
    if (noteId === null) kept.push(each);
    else
      await noteAdjusted(tx.sql, { tenantId: each.billed.tenant_id, periods: [each.billed.period], invoiceId: noteId });
  }
  const corrections = kept.flatMap(({ billed, differences }) => adjustmentLines(billed.period, differences));
  const again = await rateWith(below.rated, [...corrections, ...below.manual]);
  if (again.rating.subtotal_cents >= 0) return { rated: again, adjusted: kept, manual: [...below.manual] };
  const divided = takeExcess([...corrections, ...below.manual], -again.rating.subtotal_cents);
  const { profile, input } = below.rated;
  const noteId = await issueExcessCredit(
    tx,
    { tenantId: profile.tenant_id, period: input.period, currency: input.currency, tax: input.tax },
    { lines: divided.excess, customer: customerOf(profile), supplier: below.supplier, now },
  );
  for (const { meta, amount_cents: cents } of divided.excess) {
    const id = meta.manual_line_id;
    if (typeof id === 'string') await noteCreditedManualLine(tx.sql, id, cents);
  }
  const isLeft = new Set(divided.kept.map(({ meta }) => meta.adjusts_period));
  const credited = kept.filter(({ billed }) => !isLeft.has(billed.period)).map(({ billed }) => billed.period);
  await noteAdjusted(tx.sql, { tenantId: profile.tenant_id, periods: credited, invoiceId: noteId });
  return {
    rated: await rateWith(below.rated, divided.kept),
    adjusted: kept.filter(({ billed }) => isLeft.has(billed.period)),
    manual: divided.kept.filter(({ kind }) => kind === 'manual'),
  };
};

const netOf = ({ differences }: PendingPeriod): number =>
  differences.reduce((sum, { old_cents, new_cents }) => sum + new_cents - old_cents, 0);

const rateWith = async (rated: RatedMonth, otherLines: RatedLine[]): Promise<RatedMonth> => {
  const input = { ...rated.input, other_lines: otherLines };
  return { ...rated, input, rating: await inSlices(ratingSteps(input)) };
};
