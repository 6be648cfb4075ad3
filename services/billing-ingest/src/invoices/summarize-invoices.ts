import type { billingIngest } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { countByStatus } from '../store/invoices/count-by-status.ts';

export async function summarizeInvoices(_: ReadRequest<typeof billingIngest.summarizeProviderInvoices>, ctx: Context) {
  const rows = await countByStatus(ctx.db);
  return {
    statuses: rows.map(({ status, invoices }) => ({ status, invoices })),
    newest_period:
      rows
        .map(({ newest_period }) => newest_period)
        .toSorted()
        .at(-1) ?? null,
  };
}
