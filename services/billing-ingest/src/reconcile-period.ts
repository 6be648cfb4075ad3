import { type billingIngest, canonicalDecimal, decodeCursor } from '@arcadia/contracts';
import { cutPage } from '@arcadia/platform';
import type { BillingContext, Read } from './context.ts';
import { invalidCursor } from './show-invoices.ts';
import { ingestedInvoices } from './store/invoices.ts';
import { type Finding, findingSums, findingsAfter } from './store/reconciliation.ts';

/**
 * Where the bill and the meter tell different stories of a period. Before its invoice is there, there is nothing to compare
 * and nothing is listed.
 */
export const reconcilePeriod = async ({ input }: Read<typeof billingIngest.getReconciliation>, ctx: BillingContext) => {
  const { period, finding, limit, cursor } = input;
  const after = cursor === undefined ? null : decodeCursor(cursor, 2);
  if (cursor !== undefined && after === null) return invalidCursor();
  const { name: provider, currency } = ctx.config.provider;
  const hasInvoice = (await ingestedInvoices(ctx.db, { from: period, to: period })).length > 0;
  const head = { period, currency, has_invoice: hasInvoice };
  if (!hasInvoice) return { ...head, items: [], next_cursor: null, summary: [] };
  const asked = { period, provider, toleratedHours: ctx.config.toleratedHours };
  const rows = await findingsAfter(ctx.db, { ...asked, finding, after, limit });
  const sums = await findingSums(ctx.db, asked);
  const page = cutPage(rows, {
    limit,
    keyOf: (row) => [row.finding, row.key],
    itemOf: show,
  });
  return {
    ...head,
    ...page,
    summary: sums.map(({ amount_minor, ...sum }) => ({ ...sum, amount_cents: Number(amount_minor) })),
  };
};

const show = (found: Finding) => ({
  finding: found.finding,
  kind: found.kind,
  resource_id: found.resource_id,
  name: found.name,
  tenant_id: found.tenant_id,
  deployment_id: found.deployment_id,
  billed_hours: hours(found.billed_hours),
  metered_hours: hours(found.metered_hours),
  amount_cents: found.amount_minor === null ? null : Number(found.amount_minor),
  detail: found.detail,
});

const hours = (text: string | null): string | null => (text === null ? null : canonicalDecimal(text));
