import { currencyCode, dayOf, periodText, tenantId, uuid } from '@arcadia/contracts';
import { errorText, isInfrastructureError, type Job, job } from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';
import { evaluateAlerts } from './alerts/evaluate-alerts.ts';
import type { InvoicingConfig } from './config.ts';
import { correctPeriod } from './invoices/correct-period.ts';
import { invoiceTenant, type RunOutcome } from './invoices/invoice-tenant.ts';
import { issueWaitingDraft } from './invoices/issue-invoice.ts';
import { markOverdue } from './invoices/settle-invoice.ts';
import { provePeriod } from './proofs/prove-period.ts';
import { pushReceivables } from './receivables/push-receivables.ts';
import { noteRun, type Run } from './store/invoices/runs.ts';
import type { Schema } from './store/schema.ts';
import { publishSubscriptions } from './subscriptions/republish-subscriptions.ts';
import type { Context } from './tenants/look-up-deployment.ts';

const tenantMonth = z.object({ period: periodText, tenant_id: tenantId });

/** How long a run waits before it looks for missing facts again, in milliseconds; they also call it when they arrive. */
const waitMs = (attempts: number): number => Math.min(500 * 2 ** Math.min(attempts, 10), 300_000);

const invoiceTenantInput = tenantMonth.extend({
  close_revision: z.int().min(1),
  is_forced: z.boolean().default(false),
});

/** Makes the invoice of one tenant's month. Its input names the close; what it bills it reads anew. */
const invoiceTenantJob = job<typeof invoiceTenantInput, Schema, InvoicingConfig>({
  name: 'invoice-tenant',
  input: invoiceTenantInput,
  key: ({ period, tenant_id, close_revision, is_forced }) =>
    `${period}:${tenant_id}:${close_revision}${is_forced ? ':forced' : ''}`,
  queue: 'invoicing',
  concurrency: 4,
  async run({ input, cause }, ctx) {
    const now = ctx.clock.now();
    const run = {
      period: input.period,
      tenantId: input.tenant_id,
      closeRevision: input.close_revision,
      isForced: input.is_forced,
    };
    const invoice = ctx.transact(async (tx) => {
      const result = await invoiceTenant(tx, { run, config: ctx.config, now });
      const attempts = await noteRun(tx.sql, run, { ...result, at: now });
      if (result.status !== 'waiting') return;
      ctx.log.warn({ ...input, missing: result.detail }, 'an invoice waits for facts');
      await tx.enqueue('invoice-tenant', input, {
        cause: `${cause.replace(/\+\d+$/, '')}+${attempts}`,
        delayMs: waitMs(attempts),
      });
    });
    await invoice.catch((error: unknown) => failRun(ctx, { run, error, now }));
  },
});

/**
 * Leaves a run that broke to be seen among the runs, after its transaction is undone, and lets the job fail as it would: it is
 * tried again, and a success takes the failure's place. An outage is not the run's own and passes by itself.
 */
const failRun = async (
  ctx: Context,
  { run, error, now }: { run: Run; error: unknown; now: Temporal.Instant },
): Promise<never> => {
  if (isInfrastructureError(error)) throw error;
  const detail = `The month could not be invoiced. ${errorText(error)}`;
  const failed: RunOutcome = { status: 'failed', detail, invoiceId: null };
  await noteRun(ctx.db, run, { ...failed, at: now });
  throw error;
};

/** Looks at an invoiced month again after its terms have changed. */
const correctPeriodJob = job<typeof tenantMonth, Schema, InvoicingConfig>({
  name: 'correct-period',
  input: tenantMonth,
  key: ({ period, tenant_id }) => `${period}:${tenant_id}`,
  queue: 'invoicing',
  concurrency: 4,
  async run({ input }, ctx) {
    const month = { period: input.period, tenantId: input.tenant_id };
    await ctx.transact((tx) => correctPeriod(tx, month, ctx.clock.now()));
  },
});

const subscriptionsToSay = z.object({ tenant_id: tenantId.nullable(), currency: currencyCode.nullable() });

const publishSubscriptionsJob = job<typeof subscriptionsToSay, Schema, InvoicingConfig>({
  name: 'say-subscriptions',
  input: subscriptionsToSay,
  key: ({ tenant_id, currency }) => `${tenant_id ?? ''}:${currency ?? ''}`,
  async run({ input }, ctx) {
    await publishSubscriptions(ctx, { tenantId: input.tenant_id, currency: input.currency });
  },
});

const nothing = z.object({});

/** Issues drafts whose grace is over. */
const issueDraftsJob = job<typeof nothing, Schema, InvoicingConfig>({
  name: 'issue-drafts',
  input: nothing,
  key: () => 'all',
  schedule: { cron: '12 * * * *', input: () => ({}), catchUp: 'newest' },
  async run(_, ctx) {
    const now = ctx.clock.now();
    const { rows } = await sql<{ invoice_id: string }>`SELECT invoice_id FROM tenant_invoices
      WHERE status = 'draft' AND issue_at <= ${now.toString()} ORDER BY issue_at, invoice_id`.execute(ctx.db);
    for (const { invoice_id } of rows) await ctx.transact((tx) => issueWaitingDraft(tx, invoice_id, now));
  },
});

const markOverdueJob = job<typeof nothing, Schema, InvoicingConfig>({
  name: 'mark-overdue',
  input: nothing,
  key: () => 'all',
  schedule: { cron: '30 0 * * *', input: () => ({}), catchUp: 'newest' },
  async run(_, ctx) {
    const marked = await markOverdue(ctx);
    if (marked > 0) ctx.log.info({ marked, day: dayOf(ctx.clock.now()) }, 'invoices are overdue');
  },
});

/** Often, because nothing else calls it: an invoice that is issued only leaves a note that it is to be pushed. */
const pushReceivablesJob = job<typeof nothing, Schema, InvoicingConfig>({
  name: 'push-receivables',
  input: nothing,
  key: () => 'all',
  queue: 'receivables',
  concurrency: 1,
  leaseMs: 60_000,
  schedule: { cron: '* * * * *', input: () => ({}), catchUp: 'newest' },
  async run({ signal }, ctx) {
    await pushReceivables(ctx, signal);
  },
});

const watchedMonth = z.object({ deployment_id: uuid, period: periodText });

const evaluateAlertsJob = job<typeof watchedMonth, Schema, InvoicingConfig>({
  name: 'evaluate-alerts',
  input: watchedMonth,
  key: ({ deployment_id, period }) => `${deployment_id}:${period}`,
  async run({ input }, ctx) {
    await evaluateAlerts(ctx, { deploymentId: input.deployment_id, period: input.period });
  },
});

const proofAsked = z.object({ proof_id: uuid });

const provePeriodJob = job<typeof proofAsked, Schema, InvoicingConfig>({
  name: 'prove-period',
  input: proofAsked,
  key: ({ proof_id }) => proof_id,
  concurrency: 1,
  async run({ input, signal, progress }, ctx) {
    await provePeriod(ctx, { proofId: input.proof_id, signal, progress });
  },
});

export const jobs: Job<Schema, InvoicingConfig>[] = [
  invoiceTenantJob,
  correctPeriodJob,
  publishSubscriptionsJob,
  issueDraftsJob,
  markOverdueJob,
  pushReceivablesJob,
  evaluateAlertsJob,
  provePeriodJob,
];
