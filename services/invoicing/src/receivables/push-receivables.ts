import { type invoicing, isRefusal } from '@arcadia/contracts';
import { FinanceError, importReceivable, type ReceivableImport } from '@arcadia/finance';
import { cutPage, errorText, type JobRun, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import {
  noteNotPushed,
  notePushed,
  type PendingReceivable,
  pageOfReceivables,
  pendingReceivables,
} from '../store/receivables/receivables.ts';

const logged = new WeakSet<object>();

/** Logs once per running service that no finance system is configured. */
const logNotConfigured = (ctx: Context): void => {
  if (logged.has(ctx.config)) return;
  logged.add(ctx.config);
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
 * Pushes every invoice, void and credit note that the finance system has not accepted yet. A rejected document stays pending with
 * its error and does not delay the others; when the finance system is down, all wait for the next run.
 */
export async function pushReceivables({ signal }: Pick<JobRun<object>, 'signal'>, ctx: Context): Promise<void> {
  const { finance } = ctx.config;
  if (finance === null) return logNotConfigured(ctx);
  let failed = 0;
  const pending = await pendingReceivables(ctx.db, 10_000);
  for (const row of pending) {
    const name = { document: row.document, documentId: row.document_id };
    try {
      const financeId = await importReceivable(finance, importOf(row), { service: ctx.name, signal });
      await notePushed(ctx.db, { ...name, financeId, at: ctx.clock.now() });
    } catch (error) {
      if (!(error instanceof FinanceError)) throw error;
      failed += 1;
      await noteNotPushed(ctx.db, { ...name, error: errorText(error) });
      ctx.log.warn({ ...name, err: error }, 'the finance system did not accept a receivable');
      if (error.isOutage) break;
    }
  }
  ctx.health.report(
    'receivables',
    failed === 0
      ? { ok: true }
      : { ok: false, detail: `${failed} of ${pending.length} documents were not accepted by the finance system` },
  );
}

export async function listReceivables({ input }: ReadRequest<typeof invoicing.listReceivables>, ctx: Context) {
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  const rows = await pageOfReceivables(ctx.db, {
    status: input.status ?? null,
    after: after?.[0] ?? null,
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ position }) => [position],
    itemOf: ({ document, document_id, tenant_id, number, attempts, last_error, pushed_at }) => ({
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
}
