import { billingIngest } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures, projections } from './captures.ts';
import { reportToken } from './clients/provider.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { restoreLines } from './invoices/restore-lines.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';
import { checkReconciliation } from './reconciliation/check-reconciliation.ts';

/** Decides which resource each line of a provider invoice belongs to, and who bears each cent of it. */
export const service = defineService({
  name: 'billing-ingest',
  schema: 'billing',
  config: parseConfig,
  migrations,
  publishes: billingIngest.events,
  consumes: consumers,
  captures,
  projections,
  restored: restoreLines,
  answers,
  jobs,
  checks: { reconciliation: checkReconciliation },
  start: reportToken,
});
