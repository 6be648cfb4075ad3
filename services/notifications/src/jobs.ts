import { z } from 'zod';
import { job } from './context.ts';
import { runExports } from './exports/run-exports.ts';
import { deliverMails } from './mails/deliver-mails.ts';
import { remind } from './mails/remind.ts';
import { deliverWebhooks } from './webhooks/deliver-webhooks.ts';
import { dropOldDeliveries } from './webhooks/drop-old-deliveries.ts';

const nothing = z.object({});

export const jobs = [
  // Started by whatever makes a delivery due. The schedule finds those of a replica that died.
  job({
    name: 'deliver-webhooks',
    input: nothing,
    key: () => 'due',
    concurrency: 2,
    schedule: { cron: '* * * * *', input: () => ({}), catchUp: 'newest' },
    run: deliverWebhooks,
  }),
  job({
    name: 'deliver-mails',
    input: nothing,
    key: () => 'due',
    concurrency: 1,
    schedule: { cron: '* * * * *', input: () => ({}), catchUp: 'newest' },
    run: deliverMails,
  }),
  job({
    name: 'run-exports',
    input: nothing,
    key: () => 'due',
    concurrency: 1,
    schedule: { cron: '* * * * *', input: () => ({}), catchUp: 'newest' },
    run: runExports,
  }),
  job({
    name: 'remind',
    input: nothing,
    key: () => 'all',
    concurrency: 1,
    schedule: { cron: '10 7 * * *', input: () => ({}), catchUp: 'newest' },
    run: remind,
  }),
  job({
    name: 'drop-old-deliveries',
    input: nothing,
    key: () => 'all',
    concurrency: 1,
    schedule: { cron: '37 3 * * *', input: () => ({}), catchUp: 'newest' },
    run: dropOldDeliveries,
  }),
];
