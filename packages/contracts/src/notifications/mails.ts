import { z } from 'zod';
import { customers, everyone, operators, staff } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { mailLanguage } from '../invoicing/billing-profiles.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';

const mailStatus = z.enum(['pending', 'delivered', 'failed', 'skipped']);

const mailAttempt = z.object({
  number: z.int().min(1).meta({ description: 'Number of the attempt, counted from 1.', example: 1 }),
  attempted_at: instantText.describe('When it began.'),
  duration_ms: z.int().meta({ description: 'How long it took, in milliseconds.', example: 84 }),
  smtp_code: z
    .int()
    .nullable()
    .meta({ description: 'Reply code of the mail server; null: there was none.', example: 250 }),
  answer: z.string().nullable().meta({
    description: 'The reply of the mail server, at most 500 characters; null: there was none.',
    example: '250 2.0.0 accepted',
  }),
  error: z.string().nullable().meta({
    description: 'Why it failed; null for a success.',
    example: 'the mail server refused the recipient',
  }),
});

/** A mail to one recipient. */
export const mail = z.object({
  mail_id: uuid.describe('Id of the mail.'),
  notification_id: uuid.describe(
    'Id of what is notified of. The header `Message-ID` begins with it: the same for every attempt and every recipient.',
  ),
  tenant_id: tenantId.nullable().describe('Tenant that is notified; null: the operator.'),
  recipient: z.string().meta({ description: 'Address that the mail goes to.', example: 'billing@acme.example' }),
  language: mailLanguage.describe('Language of the mail.'),
  type: z.string().meta({ description: 'What the mail is about.', example: 'invoice.issued' }),
  occurred_at: instantText.describe('When it occurred.'),
  status: mailStatus.describe(
    '`pending`: an attempt is due; `delivered`: the mail server took the mail; `failed`: it was refused, or the last attempt failed; `skipped`: it is not sent.',
  ),
  skipped_because: z
    .enum(['suppressed', 'too-old', 'settled'])
    .nullable()
    .describe(
      '`suppressed`: the recipient was refused before; `too-old`: it occurred too long ago; `settled`: nothing is due on the invoice any more; null for other statuses.',
    ),
  attempts: z.int().meta({ description: 'Attempts that were made so far.', example: 1 }),
  next_attempt_at: instantText.nullable().describe('When the next attempt is due; null: none is.'),
  last_attempt: mailAttempt.nullable().describe('The last attempt; null: none was made.'),
});

export const listMails = defineRequest({
  name: 'mails.list',
  service: 'notifications',
  summary: 'List mails with their last attempt, newest first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    tenant_id: tenantId.optional().meta({ description: 'Only mails to this tenant.', example: 'acme' }),
    status: mailStatus.optional().describe('Only mails with this status.'),
    recipient: z
      .string()
      .max(254)
      .optional()
      .meta({ description: 'Only mails to this address, in any case.', example: 'billing@acme.example' }),
  }),
  output: pageOf(mail),
  refusals: ['invalid-cursor'],
});

export const getMail = defineRequest({
  name: 'mails.get',
  service: 'notifications',
  summary: 'Get a mail with its text and its attempts.',
  effect: 'read',
  roles: everyone,
  input: z.strictObject({ mail_id: uuid.describe('Id of the mail.') }),
  output: mail.extend({
    subject: z.string().nullable().meta({
      description:
        'Subject of the mail as it would be sent now; null: it cannot be written, or the role of the caller does not include it.',
      example: 'Invoice INV-000042 for April 2026',
    }),
    text: z.string().nullable().meta({
      description:
        'Plain text of the mail as it would be sent now; null: it cannot be written, or the role of the caller does not include it.',
      example: 'Good day,',
    }),
    recent_attempts: z.array(mailAttempt).max(50).describe('The last attempts, newest first, at most 50.'),
  }),
  refusals: ['not-found'],
});

export const replayMail = defineRequest({
  name: 'mails.replay',
  service: 'notifications',
  summary: 'Send a mail again, with the same `Message-ID`.',
  effect: 'command',
  roles: customers,
  input: z.strictObject({ mail_id: uuid.describe('Id of the mail.') }),
  output: mail,
  refusals: ['not-found', 'mail-off', 'recipient-suppressed'],
});

/** An address to which no mail is sent. */
export const mailSuppression = z.object({
  suppression_id: uuid.describe('Id of the suppression.'),
  recipient: z.string().meta({ description: 'Address to which no mail is sent.', example: 'billing@acme.example' }),
  suppressed_at: instantText.describe('When the mail server refused the address.'),
  answer: z.string().meta({
    description: 'What the mail server replied.',
    example: '550 5.1.1 no such user',
  }),
});

export const listMailSuppressions = defineRequest({
  name: 'mail-suppressions.list',
  service: 'notifications',
  summary: 'List the addresses that get no mails, because the mail server refused them for good, newest first.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    recipient: z
      .string()
      .max(254)
      .optional()
      .meta({ description: 'Only this address, in any case.', example: 'billing@acme.example' }),
  }),
  output: pageOf(mailSuppression),
  refusals: ['invalid-cursor'],
});

export const deleteMailSuppression = defineRequest({
  name: 'mail-suppressions.delete',
  service: 'notifications',
  summary: 'Let an address get mails again. Mails that were skipped are sent if they are replayed.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({ suppression_id: uuid.describe('Id of the suppression.') }),
  output: mailSuppression,
  refusals: ['not-found'],
});
