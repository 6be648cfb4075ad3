import {
  type Actor,
  invoicing,
  isRefusal,
  metering,
  periodInterval,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import { ServiceUnavailable } from '@arcadia/platform';
import { sql } from 'kysely';
import { cursorKey, pageFrom } from '../paging.ts';
import { correctionsOf, invoicesOfMonth } from '../store/invoices/invoices.ts';
import { pageOfRuns } from '../store/invoices/runs.ts';
import { latestClose, tenantsToInvoice } from '../store/usage/closes.ts';
import type { Context } from '../tenants/look-up-deployment.ts';

type Input = RequestInput<typeof invoicing.runInvoices>;
type Answer = RequestOutput<typeof invoicing.runInvoices> | Refusal;

/**
 * Runs a closed period again. Without force nothing changes for those who have their invoice. With force metering closes the
 * period anew, and what it closes brings the runs; so this is no single transaction, and each part of it may be repeated.
 */
export const runInvoices = async (
  ctx: Context,
  asked: { input: Input; actor: Actor; idempotencyKey: string | null },
): Promise<Answer> => (asked.input.force ? forceRun(ctx, asked) : plainRun(ctx, asked));

const plainRun = async (
  ctx: Context,
  { input, idempotencyKey }: { input: Input; idempotencyKey: string | null },
): Promise<Answer> => {
  const { period, tenant } = input;
  const close = await latestClose(ctx.db, period);
  if (close === null) return refuse('period-not-closed', `${period} is not closed yet; metering closes it.`);
  const tenants =
    tenant === undefined
      ? await tenantsToInvoice(ctx.db, { period, revision: close.revision, ...periodInterval(period) })
      : [tenant];
  const cause = `run:${idempotencyKey ?? `${ctx.clock.now()}:${Temporal.Now.instant()}`}`;
  await ctx.transact(async (tx) => {
    for (const tenant_id of tenants)
      await tx.enqueue('invoice-tenant', { period, tenant_id, close_revision: close.revision }, { cause });
  });
  return { period, close_revision: close.revision, tenants };
};

const forceRun = async (
  ctx: Context,
  { input, actor, idempotencyKey }: { input: Input; actor: Actor; idempotencyKey: string | null },
): Promise<Answer> => {
  const { period, tenant } = input;
  if (tenant !== undefined) {
    const refused = await whyNotForced(ctx, tenant, period);
    if (refused !== null) return refused;
    await sql`INSERT INTO forced_runs VALUES (${period}, ${tenant}, ${ctx.clock.now().toString()}) ON CONFLICT DO NOTHING`.execute(
      ctx.db,
    );
  }
  try {
    const closed = await ctx.request(
      metering.closePeriod,
      { period, force: true },
      { actor, deadlineMs: 9_000, ...(idempotencyKey === null ? {} : { idempotencyKey }) },
    );
    if (!isRefusal(closed))
      return { period, close_revision: closed.close_revision, tenants: tenant === undefined ? [] : [tenant] };
    await forgetRequest(ctx, input);
    return closed.refused === 'period-incomplete' || closed.refused === 'period-not-ended'
      ? closed
      : refuse('metering-unavailable', closed.detail);
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error;
    await forgetRequest(ctx, input);
    return refuse('metering-unavailable', `Metering could not be asked to close ${period} anew. Ask again.`);
  }
};

const forgetRequest = async (ctx: Context, { period, tenant }: Input): Promise<void> => {
  await sql`DELETE FROM forced_runs WHERE period = ${period} AND tenant_id = ${tenant ?? ''}`.execute(ctx.db);
};

const whyNotForced = async (ctx: Context, tenant: string, period: string): Promise<Refusal | null> => {
  const { live } = await ctx.db.transaction().execute((trx) => invoicesOfMonth(trx, tenant, period));
  if (live === null || live.status === 'draft') return null;
  if (live.status === 'paid')
    return refuse('invoice-paid', `Invoice ${live.number} is paid: correct it by a credit note.`);
  const { adjustments, credits } = await correctionsOf(ctx.db, live);
  if (adjustments > 0)
    return refuse('adjustment-issued', `An adjustment of ${period} was issued to ${tenant} already.`);
  return credits > 0 ? refuse('credit-note-issued', `Invoice ${live.number} has a credit note.`) : null;
};

export const listInvoiceRuns = async (
  ctx: Context,
  { input }: { input: RequestInput<typeof invoicing.listInvoiceRuns> },
) => {
  const after = cursorKey(input.cursor, 3);
  if (isRefusal(after)) return after;
  const rows = await pageOfRuns(ctx.db, {
    period: input.period ?? null,
    tenantId: input.tenant ?? null,
    status: input.status ?? null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? '', Number(after[2])],
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, {
    key: ({ period, tenant_id, close_revision }) => [period, tenant_id, close_revision],
    item: (row) => invoicing.invoiceRun.parse(row),
  });
};
