import { invoicing, isRefusal, metering, type Period, periodInterval, type Refusal, refuse } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor, ServiceUnavailable, type UnmanagedRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { correctionsOf, invoicesOfMonth } from '../store/invoices/invoices.ts';
import { countRuns, pageOfRuns } from '../store/invoices/runs.ts';
import { insertBillDecision, mayDecideOnBill } from '../store/invoices/without-bill.ts';
import { deleteForcedRun, insertForcedRun, latestClose, tenantsToInvoice } from '../store/usage/closes.ts';
import { refuseUnknownTenants } from '../tenants/refuse-unknown-tenant.ts';
import { startRuns } from './enqueue-runs.ts';
import { paidText } from './settle-invoice.ts';

type Request = UnmanagedRequest<typeof invoicing.runInvoices>;

/**
 * Runs a closed period again. Without `force`, an invoice that stands stays. With `force`, metering closes the period again and
 * that close starts the runs; so this is more than one transaction, and each part of it may be repeated. Each is audited in its own
 * transaction, metering's close as requested by the same person.
 */
export async function runInvoices(request: Request, ctx: Context) {
  const { tenant_id: tenant, force } = request.input;
  const unknown = tenant === undefined ? null : await refuseUnknownTenants(ctx.db, [tenant]);
  if (unknown !== null) return unknown;
  if (request.input.without_bill !== undefined && tenant === undefined)
    return refuse('tenant-missing', 'Give `tenant_id`: a month is invoiced without the bill for one tenant at a time.');
  return force ? forceRun(request, ctx) : plainRun(request, ctx);
}

const plainRun = async ({ input, actor, idempotencyKey, audit }: Request, ctx: Context) => {
  const { period, tenant_id: tenant, without_bill: withoutBill } = input;
  const close = await latestClose(ctx.db, period);
  if (close === null) return refuse('period-not-closed', `${period} is not closed yet; metering closes it.`);
  const closeRevision = close.revision;
  const decision =
    withoutBill === undefined || tenant === undefined
      ? null
      : { tenantId: tenant, period, reason: withoutBill.reason, by: actor.subject };
  if (decision !== null) {
    if (!(await mayDecideOnBill(ctx.db, { ...decision, closeRevision })))
      return refuse('not-waiting-for-bill', `${period} of ${decision.tenantId} does not wait for the provider's bill.`);
  }
  const tenants =
    tenant === undefined
      ? await tenantsToInvoice(ctx.db, { period, revision: closeRevision, ...periodInterval(period) })
      : [tenant];
  const cause = `run:${idempotencyKey ?? `${ctx.clock.now()}:${Temporal.Now.instant()}`}`;
  const runs = tenants.map((tenantId) => ({ period, tenantId, closeRevision, isForced: false }));
  const answer = started(period, closeRevision, tenants);
  await ctx.transact(async (tx) => {
    if (decision !== null) await insertBillDecision(tx.sql, { ...decision, at: ctx.clock.now() });
    await startRuns(tx, runs, { cause, at: ctx.clock.now() });
    await audit(tx, answer);
  });
  return answer;
};

/** Tenants that an answer names: it is sent after the runs were started, so it must fit into a message. */
const shownTenants = 1_000;

const started = (period: Period, close_revision: number | null, tenants: readonly string[]) => ({
  period,
  close_revision,
  tenants: tenants.slice(0, shownTenants),
  tenant_count: tenants.length,
});

const forceRun = async ({ input, actor, idempotencyKey, audit }: Request, ctx: Context) => {
  const { period, tenant_id: tenant } = input;
  if (tenant !== undefined) {
    const refused = await refuseForced(ctx, tenant, period);
    if (refused !== null) return refused;
    await ctx.transact(async (tx) => {
      await insertForcedRun(tx.sql, { period, tenantId: tenant, at: ctx.clock.now() });
      await audit(tx, started(period, null, [tenant]));
    });
  }
  const closed = await closeAgain(ctx, { period, actor, idempotencyKey });
  if (!isRefusal(closed)) return started(period, closed.close_revision, tenant === undefined ? [] : [tenant]);
  if (tenant !== undefined)
    await ctx.transact(async (tx) => {
      await deleteForcedRun(tx.sql, { period, tenantId: tenant });
      await audit(tx, closed);
    });
  return closed;
};

/** Requests metering to close a period again. */
const closeAgain = async (
  ctx: Context,
  { period, actor, idempotencyKey }: { period: Period } & Pick<Request, 'actor' | 'idempotencyKey'>,
) => {
  try {
    const closed = await ctx.request(
      metering.closePeriod,
      { period, force: true },
      { actor, deadlineMs: 9_000, ...(idempotencyKey === null ? {} : { idempotencyKey }) },
    );
    if (!isRefusal(closed)) return closed;
    const { refused, detail } = closed;
    return refused === 'period-incomplete' || refused === 'period-not-ended'
      ? refuse(refused, detail)
      : refuse('metering-unavailable', detail);
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error;
    return refuse('metering-unavailable', `Metering did not answer the request to close ${period} again. Try again.`);
  }
};

/** The refusal to replace an invoice that is paid or corrected; null if it may be replaced. */
const refuseForced = async (
  ctx: Context,
  tenant: string,
  period: Period,
): Promise<Refusal<'invoice-paid' | 'adjustment-issued' | 'credit-note-issued'> | null> => {
  const { live } = await ctx.transact((tx) => invoicesOfMonth(tx.sql, tenant, period));
  if (live === null || live.status === 'draft') return null;
  const { adjustments, credits, payments } = await correctionsOf(ctx.db, live);
  if (payments > 0) return refuse('invoice-paid', paidText(live));
  if (adjustments > 0)
    return refuse('adjustment-issued', `An adjustment of ${period} was issued to ${tenant} already.`);
  return credits > 0 ? refuse('credit-note-issued', `Invoice ${live.number} has a credit note.`) : null;
};

export async function listInvoiceRuns({ input }: ReadRequest<typeof invoicing.listInvoiceRuns>, ctx: Context) {
  const after = readCursor(input.cursor, 3);
  if (isRefusal(after)) return after;
  const rows = await pageOfRuns(ctx.db, {
    period: input.period ?? null,
    tenantId: input.tenant_id ?? null,
    status: input.status ?? null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? '', Number(after[2])],
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ period, tenant_id, close_revision }) => [period, tenant_id, close_revision],
    itemOf: ({ reason, decided_by, decided_at, ...row }) =>
      invoicing.invoiceRun.parse({ ...row, without_bill: reason === null ? null : { reason, decided_by, decided_at } }),
  });
}

/** The runs of the newest close that has arrived, counted by where they stand. */
export async function summarizeInvoiceRuns(
  { input }: ReadRequest<typeof invoicing.summarizeInvoiceRuns>,
  ctx: Context,
) {
  const { period } = input;
  const close = await latestClose(ctx.db, period);
  const counts = await countRuns(ctx.db, { period, revision: close?.revision ?? 0 });
  return { period, close_revision: close?.revision ?? null, ...counts };
}
