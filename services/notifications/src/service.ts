import { notifications } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures } from './captures.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { checkExports } from './exports/check-exports.ts';
import { jobs } from './jobs.ts';
import { checkMail } from './mails/check-mail.ts';
import { migrations } from './migrations/index.ts';
import { resealSecrets } from './notifications/reseal-secrets.ts';

/** Notifies tenants and the operator of what happened, by webhooks and mails. */
export const service = defineService({
  name: 'notifications',
  schema: 'notifications',
  config: parseConfig,
  migrations,
  publishes: notifications.events,
  consumes: consumers,
  captures,
  answers,
  jobs,
  checks: { mail: checkMail, exports: checkExports },
  start: resealSecrets,
});
