import { invoicing } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures, projections } from './captures.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { checkRuns } from './invoices/check-runs.ts';
import { restoreInvoices } from './invoices/restore-invoices.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';
import { startInvoicing } from './start-invoicing.ts';

/** Decides prices: the catalog, the terms of each subscription, and the cost of each month. */
export const service = defineService({
  name: 'invoicing',
  schema: 'invoicing',
  config: parseConfig,
  migrations,
  publishes: invoicing.events,
  consumes: consumers,
  captures,
  projections,
  restored: restoreInvoices,
  answers,
  jobs,
  checks: { 'invoice runs': checkRuns },
  replays: ['METERING', 'INVOICING'],
  start: startInvoicing,
});
