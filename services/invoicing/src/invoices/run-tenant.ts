import type { Period } from '@arcadia/contracts';
import { errorText, isInfrastructureError, type JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { attemptsOf, noteRun, type Run } from '../store/invoices/runs.ts';
import { invoiceTenant } from './invoice-tenant.ts';

type Input = { period: Period; tenant_id: string; close_revision: number; is_forced: boolean };

/** Makes the invoice of one tenant's month. The input names the close; everything billed is read from the tables. */
export async function runTenant({ input, cause }: Pick<JobRun<Input>, 'input' | 'cause'>, ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  const run: Run = {
    period: input.period,
    tenantId: input.tenant_id,
    closeRevision: input.close_revision,
    isForced: input.is_forced,
  };
  const invoiced = ctx.transact(async (tx) => {
    const result = await invoiceTenant(tx, { run, config: ctx.config, now });
    await noteRun(tx.sql, run, {
      status: result.status,
      detail: result.detail,
      invoiceId: result.invoiceId,
      waitsFor: result.waitsFor ?? null,
      isBilled: result.isBilled === true,
      at: now,
    });
    await result.last?.();
    if (result.status !== 'waiting') return;
    ctx.log.warn({ ...input, missing: result.detail }, 'an invoice waits');
    if (result.isStartedByEvent === true) return;
    const attempts = await attemptsOf(tx.sql, run);
    const retry = `${cause.replace(/\+\d+$/, '')}+${attempts}`;
    await tx.enqueue('invoice-tenant', input, { cause: retry, delayMs: waitMs(attempts), onlyOnePending: true });
  });
  await invoiced.catch((error: unknown) => failRun(ctx, { run, error, now }));
}

/** Milliseconds until a waiting run looks for missing facts again; facts that arrive start it earlier. */
const waitMs = (attempts: number): number => Math.min(500 * 2 ** Math.min(attempts, 10), 300_000);

/**
 * Records a failed run, after its transaction is rolled back, and rethrows so that the job is retried; a later success replaces
 * the record. An outage is not recorded: it is no fault of this run.
 */
const failRun = async (
  ctx: Context,
  { run, error, now }: { run: Run; error: unknown; now: Temporal.Instant },
): Promise<never> => {
  if (isInfrastructureError(error)) throw error;
  const detail = `The month could not be invoiced. ${errorText(error)}`;
  await noteRun(ctx.db, run, { status: 'failed', detail, invoiceId: null, waitsFor: null, at: now });
  throw error;
};
