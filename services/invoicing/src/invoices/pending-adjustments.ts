import type { Period } from '@arcadia/contracts';
import { adjustmentLines, type Difference, differences } from '../domain/invoices/adjustments.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';
import { rateTenant } from '../rating/rate-tenant.ts';
import { billedLines } from '../store/invoices/billed-lines.ts';
import { type BilledPeriod, periodsToAdjust } from '../store/invoices/billed-periods.ts';
import type { Db } from '../store/schema.ts';

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

/** The lines by which a tenant's next invoice corrects earlier months, and all months examined, with or without a difference. */
export const pendingAdjustments = async (
  db: Db,
  wanted: { tenantId: string; before: Period; exceptOn: string | null },
): Promise<{ periods: Period[]; lines: RatedLine[] }> => {
  const periods = await periodsToAdjust(db, wanted.tenantId, wanted.before);
  const lines: RatedLine[] = [];
  for (const billed of periods)
    lines.push(...adjustmentLines(billed.period, await monthDifferences(db, billed, wanted.exceptOn)));
  return { periods: periods.map(({ period }) => period), lines };
};
