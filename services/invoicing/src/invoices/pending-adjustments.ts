import type { Period } from '@arcadia/contracts';
import { adjustmentLines, type Difference, differences } from '../domain/invoices/adjustments.ts';
import type { RatedLine } from '../domain/rating/rated-line.ts';
import { rateTenant } from '../rating/rate-tenant.ts';
import { billedLines } from '../store/invoices/billed-lines.ts';
import { type BilledPeriod, periodsToAdjust } from '../store/invoices/billed-periods.ts';
import type { Db } from '../store/schema.ts';

/** What a billed month is worth by what is known now, against everything billed for it. */
export const monthDifferences = async (
  db: Db,
  billed: BilledPeriod,
  exceptOn: string | null,
): Promise<Difference[]> => {
  const { tenant_id: tenantId, period, invoice_id: invoiceId } = billed;
  const { rating } = await rateTenant(db, { tenantId, period, asOf: { closeRevision: 'now' } });
  return differences(await billedLines(db, { tenantId, period, invoiceId, exceptOn }), rating.lines);
};

/** The lines by which a tenant's next invoice corrects earlier months, and which months those are, also where nothing came of it. */
export const pendingAdjustments = async (
  db: Db,
  asked: { tenantId: string; before: Period; exceptOn: string | null },
): Promise<{ periods: Period[]; lines: RatedLine[] }> => {
  const periods = await periodsToAdjust(db, asked.tenantId, asked.before);
  const lines: RatedLine[] = [];
  for (const billed of periods)
    lines.push(...adjustmentLines(billed.period, await monthDifferences(db, billed, asked.exceptOn)));
  return { periods: periods.map(({ period }) => period), lines };
};
