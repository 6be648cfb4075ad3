import { type billingIngest, canonicalDecimal, isRefusal } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { centsOf } from '../domain/amount.ts';
import { ingestedInvoices } from '../store/invoices/invoices.ts';
import { type Finding, findingsAfter } from '../store/reconciliation/findings.ts';

/** Lists the differences between invoiced and metered usage of a period; none before the period's invoice is ingested. */
export async function getReconciliation({ input }: ReadRequest<typeof billingIngest.getReconciliation>, ctx: Context) {
  const { period, finding, limit, cursor } = input;
  const after = readCursor(cursor, 2);
  if (isRefusal(after)) return after;
  const { name: provider, currency } = ctx.config.provider;
  const hasInvoice = (await ingestedInvoices(ctx.db, { from: period, to: period })).length > 0;
  const head = { period, currency, has_invoice: hasInvoice };
  if (!hasInvoice) return { ...head, items: [], next_cursor: null, summary: [] };
  const query = { period, provider, toleratedHours: ctx.config.toleratedHours };
  const found = await findingsAfter(ctx.db, { ...query, finding, after, limit });
  const page = cutPage(found.page, {
    limit,
    keyOf: (row) => [row.finding, row.key],
    itemOf: viewOf,
  });
  return {
    ...head,
    ...page,
    summary: found.sums.map(({ amount_minor, ...sum }) => ({ ...sum, amount_cents: centsOf(amount_minor) })),
  };
}

const viewOf = (found: Finding) => ({
  finding: found.finding,
  kind: found.kind,
  resource_id: found.resource_id,
  name: found.name,
  tenant_id: found.tenant_id,
  deployment_id: found.deployment_id,
  billed_hours: hours(found.billed_hours),
  metered_hours: hours(found.metered_hours),
  amount_cents: found.amount_minor === null ? null : centsOf(found.amount_minor),
  detail: found.detail,
});

const hours = (text: string | null): string | null => (text === null ? null : canonicalDecimal(text));
