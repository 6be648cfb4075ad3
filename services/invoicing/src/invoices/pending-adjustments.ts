import type { Period } from '@arcadia/contracts';
import { type Difference, differences } from '../domain/invoices/adjustments.ts';
import { rateTenant } from '../rating/rate-tenant.ts';
import { billedLines } from '../store/invoices/billed-lines.ts';
import { type BilledPeriod, periodsToAdjust } from '../store/invoices/billed-periods.ts';
import type { Db } from '../store/schema.ts';

/** An earlier month that was examined, with its differences, if there are any. */
export type PendingPeriod = { billed: BilledPeriod; differences: Difference[] };

/** A billed month rated by the terms and facts known now, against the amounts billed for it. */
export const monthDifferences = async (
  db: Db,
  billed: BilledPeriod,
  exceptOn: string | null,
): Promise<Difference[]> => {
  const { tenant_id: tenantId, period, invoice_id: invoiceId } = billed;
  const { rating } = await rateTenant(db, { tenantId, period, asOf: { closeRevision: 'now' } });
  return differences(await billedLines(db, { tenantId, period, invoiceId, exceptOn }), rating.lines);
};

/** The earlier months that a tenant's next invoice corrects, in their order, and those that were examined and do not differ. */
export const pendingAdjustments = async (
  db: Db,
  wanted: { tenantId: string; before: Period; exceptOn: string | null },
): Promise<PendingPeriod[]> => {
  const pending: PendingPeriod[] = [];
  for (const billed of await periodsToAdjust(db, wanted.tenantId, wanted.before))
    pending.push({ billed, differences: await monthDifferences(db, billed, wanted.exceptOn) });
  return pending;
};
