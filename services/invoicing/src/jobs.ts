import { currencyCode, periodText, tenantId, uuid } from '@arcadia/contracts';
import { z } from 'zod';
import { evaluateAlerts } from './alerts/evaluate-alerts.ts';
import { job } from './context.ts';
import { noteChangedBill } from './costs/note-changed-bill.ts';
import { correctPeriod } from './invoices/correct-period.ts';
import { issueDueDrafts } from './invoices/issue-invoice.ts';
import { markOverdue } from './invoices/mark-overdue.ts';
import { runTenant } from './invoices/run-tenant.ts';
import { provePeriod } from './proofs/prove-period.ts';
import { pushReceivables } from './receivables/push-receivables.ts';
import { republishSubscriptions } from './subscriptions/republish-subscriptions.ts';

const tenantMonth = z.object({ period: periodText, tenant_id: tenantId });
const nothing = z.object({});

export const jobs = [
  job({
    name: 'invoice-tenant',
    input: tenantMonth.extend({ close_revision: z.int().min(1), is_forced: z.boolean().default(false) }),
    key: ({ period, tenant_id, close_revision, is_forced }) =>
      `${period}:${tenant_id}:${close_revision}${is_forced ? ':forced' : ''}`,
    queue: 'invoicing',
    concurrency: 8,
    run: runTenant,
  }),
  job({
    name: 'correct-period',
    input: tenantMonth,
    key: ({ period, tenant_id }) => `${period}:${tenant_id}`,
    queue: 'invoicing',
    concurrency: 8,
    run: correctPeriod,
  }),
  job({
    name: 'note-changed-bill',
    input: z.object({ period: periodText }),
    key: ({ period }) => period,
    run: noteChangedBill,
  }),
  job({
    name: 'say-subscriptions',
    input: z.object({ tenant_id: tenantId.nullable(), currency: currencyCode.nullable() }),
    key: ({ tenant_id, currency }) => `${tenant_id ?? ''}:${currency ?? ''}`,
    run: republishSubscriptions,
  }),
  job({
    name: 'issue-drafts',
    input: nothing,
    key: () => 'all',
    schedule: { cron: '12 * * * *', input: () => ({}), catchUp: 'newest' },
    run: issueDueDrafts,
  }),
  job({
    name: 'mark-overdue',
    input: nothing,
    key: () => 'all',
    schedule: { cron: '30 0 * * *', input: () => ({}), catchUp: 'newest' },
    run: markOverdue,
  }),
  job({
    name: 'push-receivables',
    input: nothing,
    key: () => 'all',
    queue: 'receivables',
    concurrency: 1,
    // Every minute: issuing an invoice only notes that it is to be pushed, and starts no job.
    schedule: { cron: '* * * * *', input: () => ({}), catchUp: 'newest' },
    run: pushReceivables,
  }),
  job({
    name: 'evaluate-alerts',
    input: z.object({ deployment_id: uuid, period: periodText }),
    key: ({ deployment_id, period }) => `${deployment_id}:${period}`,
    run: evaluateAlerts,
  }),
  job({
    name: 'prove-period',
    input: z.object({ proof_id: uuid }),
    key: ({ proof_id }) => proof_id,
    concurrency: 1,
    run: provePeriod,
  }),
];
