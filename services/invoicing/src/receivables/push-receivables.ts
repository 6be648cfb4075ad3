import { type invoicing, isRefusal, type RequestInput } from '@arcadia/contracts';
import { errorText } from '@arcadia/platform';
import { FinanceRefused, importReceivable, type ReceivableImport } from '../clients/finance.ts';
import { cursorKey, pageFrom } from '../paging.ts';
import {
  noteNotPushed,
  notePushed,
  type PendingReceivable,
  pageOfReceivables,
  pendingReceivables,
} from '../store/receivables/receivables.ts';
import type { Context } from '../tenants/look-up-deployment.ts';

const told = new WeakSet<object>();

/** Once in the log of a running service is enough. */
const publishNotConfigured = (ctx: Context): void => {
  if (told.has(ctx.config)) return;
  told.add(ctx.config);
  ctx.log.info('FINANCE_URL is not set: invoices are not pushed to a finance system');
};

const importOf = (row: PendingReceivable): ReceivableImport => ({
  source: 'arcadia',
  external_id: row.document === 'void' ? `${row.document_id}:void` : row.document_id,
  document: row.document,
  number: row.number,
  invoice_external_id: row.invoice_id,
  customer: row.tenant_id,
  period: row.period,
  currency: row.currency,
  amount_net_minor: Number(row.net_cents),
  amount_tax_minor: Number(row.tax_cents),
  amount_gross_minor: Number(row.total_cents),
  issued_at: row.issued_at,
  due_on: row.due_on,
});

/**
 * Tells the finance system of every invoice, void and credit note it has not taken yet. One that it will not take stays
 * behind, visibly, and holds up nobody; when it is down all wait for the next time.
 */
export const pushReceivables = async (ctx: Context, signal: AbortSignal): Promise<void> => {
  const { finance } = ctx.config;
  if (finance === null) return publishNotConfigured(ctx);
  let failed = 0;
  const pending = await pendingReceivables(ctx.db, 10_000);
  for (const row of pending) {
    const name = { document: row.document, documentId: row.document_id };
    try {
      const financeId = await importReceivable(finance, importOf(row), signal);
      await notePushed(ctx.db, { ...name, financeId, at: ctx.clock.now() });
    } catch (error) {
      if (!(error instanceof FinanceRefused)) throw error;
      failed += 1;
      await noteNotPushed(ctx.db, { ...name, error: errorText(error) });
      ctx.log.warn({ ...name, err: error }, 'a receivable was not taken by the finance system');
      if (error.isItsFault) break;
    }
  }
  ctx.health.report(
    'receivables',
    failed === 0
      ? { ok: true }
      : { ok: false, detail: `${failed} of ${pending.length} documents were not taken by the finance system` },
  );
};

export const listReceivables = async (
  ctx: Context,
  { input }: { input: RequestInput<typeof invoicing.listReceivables> },
) => {
  const after = cursorKey(input.cursor, 1);
  if (isRefusal(after)) return after;
  const rows = await pageOfReceivables(ctx.db, {
    status: input.status ?? null,
    after: after?.[0] ?? null,
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, {
    key: ({ position }) => [position],
    item: ({ document, document_id, tenant_id, number, attempts, last_error, pushed_at }) => ({
      document,
      document_id,
      tenant_id,
      number,
      status: pushed_at === null ? ('pending' as const) : ('pushed' as const),
      attempts,
      last_error,
      pushed_at,
    }),
  });
};
