import { z } from 'zod';
import { snapshotBalance } from './balance/snapshot-balance.ts';
import { job } from './context.ts';
import { discoverInvoices } from './invoices/discover-invoices.ts';
import { ingestInvoice } from './invoices/ingest-invoice.ts';
import { pushCosts } from './invoices/push-costs.ts';
import { rematchInvoice } from './invoices/rematch-invoice.ts';
import { refreshPreview } from './preview/refresh-preview.ts';

/**
 * Jobs that call the provider run one at a time over all replicas, because they share a token and its request budget. Their
 * retries go on for hours, longer than any rate limit.
 */
const provider = {
  queue: 'billing',
  concurrency: 1,
  maxAttempts: 40,
  retryDelayMs: (attempt: number) => Math.min(1000 * 2 ** Math.min(attempt, 12), 600_000),
};
const nothing = { input: z.object({}), key: () => 'all' };
const ofInvoice = {
  input: z.object({ invoice_uuid: z.string() }),
  key: ({ invoice_uuid }: { invoice_uuid: string }) => invoice_uuid,
};
const scheduled = (cron: string) => ({ cron, input: () => ({}), catchUp: 'newest' as const });

export const jobs = [
  job({
    ...provider,
    ...nothing,
    name: 'snapshot-balance',
    maxAttempts: 5,
    schedule: scheduled('7 * * * *'),
    run: snapshotBalance,
  }),
  job({ ...provider, ...nothing, name: 'discover-invoices', schedule: scheduled('23 2 * * *'), run: discoverInvoices }),
  job({ ...provider, ...ofInvoice, name: 'ingest-invoice', run: ingestInvoice }),
  job({
    ...provider,
    ...nothing,
    name: 'refresh-preview',
    maxAttempts: 5,
    schedule: scheduled('41 4 * * *'),
    run: refreshPreview,
  }),
  job({ ...ofInvoice, name: 'rematch', queue: 'billing-matching', concurrency: 2, run: rematchInvoice }),
  job({
    ...ofInvoice,
    name: 'push-costs',
    queue: 'billing-finance',
    concurrency: 1,
    maxAttempts: 40,
    retryDelayMs: (attempt) => Math.min(500 * 2 ** Math.min(attempt, 12), 600_000),
    run: pushCosts,
  }),
];
