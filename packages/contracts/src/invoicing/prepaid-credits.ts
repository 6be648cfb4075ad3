import { z } from 'zod';
import { everyone, moneyStaff } from '../actor.ts';
import { defineEvent, defineRequest, edited } from '../define.ts';
import { token, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { enteredCents } from './fields.ts';
import { boundedList, tenantField } from './own-terms.ts';

const expiresOn = dayText.nullable().meta({
  description:
    'First UTC day on which the credit is not valid any more; null: it does not expire. It pays the months at whose end it is valid.',
  example: '2027-01-01',
});

/** Credit of a tenant that its invoices draw before an amount is due. */
export const prepaidCredit = z.object({
  credit_id: uuid.describe('Id of the prepaid credit.'),
  number: z.int().min(1).meta({ description: 'Counts the credits of the tenant.', example: 1 }),
  origin: z
    .enum(['granted', 'paid'])
    .describe(
      '`granted`: a gift, which lowers an invoice before tax; `paid`: money paid in advance, which pays an invoice after tax.',
    ),
  name: z.string().min(1).max(80).meta({ description: 'Name as printed on invoices.', example: 'Start credit' }),
  amount_cents: enteredCents.min(1).meta({
    description: 'The whole amount in cents of the tenant’s currency: of a granted one without tax.',
    example: 20000,
  }),
  from: dayText.meta({ description: 'First UTC day on which it is valid.', example: '2026-04-01' }),
  expires_on: expiresOn,
});

/** What an invoice draws of a credit. */
export const prepaidDraw = z.object({
  credit_id: uuid.describe('Id of the prepaid credit.'),
  amount_cents: cents.meta({ description: 'Drawn amount in cents.', example: 6422 }),
});

export const prepaidCreditChanged = defineEvent({
  type: 'prepaid-credit.changed',
  version: 1,
  stream: 'INVOICING',
  summary: 'A prepaid credit with what invoices draw of it, as invoices use it from this message on.',
  data: prepaidCredit.extend({
    tenant_id: tenantField,
    revision: z.int().min(1).meta({ description: 'Counts the changes from 1; the highest one holds.', example: 2 }),
    currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
    draws: z
      .array(
        z.object({
          invoice_id: uuid.describe('Id of the invoice.'),
          period: periodText.meta({ description: 'Month of the invoice.', example: '2026-04' }),
          amount_cents: cents.meta({ description: 'Drawn amount in cents.', example: 6422 }),
        }),
      )
      .describe('What invoices draw of it; the draw of a void invoice is absent.'),
    reason: z
      .string()
      .optional()
      .meta({ description: 'Why an operator made the change, where one was given.', example: 'Agreed, ticket 4711' }),
  }),
  subject: (d) => `prepaid-credit.changed.${token(d.tenant_id)}`,
  key: (d) => `${d.credit_id}:${d.revision}`,
  parts: [{ array: 'draws' }],
});

const amountField = (description: string) => cents.meta({ description, example: 13578 });

const creditView = prepaidCredit.extend({
  reference: z
    .string()
    .nullable()
    .meta({ description: 'Reference of the payment; null for a granted one.', example: 'bank transfer 2026-04-02' }),
  drawn_cents: amountField('Drawn by invoices so far, in cents.'),
  balance_cents: amountField('What is left of it at the instant, in cents; 0 before it is valid and after it expired.'),
  created_at: instantText.describe('When it was added.'),
  created_by: z.string().meta({ description: 'Person who added it.', example: 'operator@example.com' }),
  reason: z.string().nullable().meta({ description: 'Why it was added; null without a reason.', example: 'Agreed' }),
  ended_by: z.string().nullable().meta({
    description: 'Person who withdrew the rest; null: it was not withdrawn.',
    example: 'operator@example.com',
  }),
  end_reason: z.string().nullable().describe('Why the rest was withdrawn; null: it was not.'),
});

const listOutput = z.object({
  tenant_id: tenantField,
  currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  at: instantText.describe('The instant of the balances.'),
  balance_cents: amountField('What is left of all of them at the instant, in cents.'),
  items: boundedList(creditView).describe('The credits, newest first, drawn and expired ones included.'),
});

export const listPrepaidCredits = defineRequest({
  name: 'prepaid-credits.list',
  service: 'invoicing',
  summary: 'List the prepaid credits of a tenant with their balances at any instant.',
  effect: 'read',
  roles: everyone,
  input: z.object({
    tenant_id: tenantField,
    at: instantText.optional().describe('The instant of the balances; now by default.'),
  }),
  output: listOutput,
  refusals: ['not-found'],
});

const creditName = z.object({
  tenant_id: tenantField,
  credit_id: uuid.describe('Id of the prepaid credit.'),
});

export const getPrepaidCredit = defineRequest({
  name: 'prepaid-credits.get',
  service: 'invoicing',
  summary: 'Get a prepaid credit of a tenant with its balance now.',
  effect: 'read',
  roles: everyone,
  input: creditName,
  output: creditView,
  refusals: ['not-found'],
  isVersioned: true,
  unversioned: ['balance_cents'],
});

export const createPrepaidCredit = defineRequest({
  name: 'prepaid-credits.create',
  service: 'invoicing',
  summary: 'Add credit to a tenant that its next invoices draw: granted, or paid in advance.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    tenant_id: tenantField,
    origin: prepaidCredit.shape.origin,
    name: prepaidCredit.shape.name,
    amount_cents: prepaidCredit.shape.amount_cents,
    from: dayText
      .optional()
      .meta({ description: 'First UTC day on which it is valid; today by default.', example: '2026-04-01' }),
    expires_on: expiresOn.optional(),
    reference: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'Reference of the payment; only for a paid one.', example: 'bank transfer 2026-04-02' }),
    reason: z.string().min(1).max(500).optional().meta({
      description:
        'Why it is added. Required of granted credit that is valid in the running month, which it may lower.',
      example: 'Agreed, ticket 4711',
    }),
  }),
  output: listOutput,
  refusals: ['not-found', 'invalid-term', 'too-many-terms', 'reason-missing'],
});

export const endPrepaidCredit = defineRequest({
  name: 'prepaid-credits.end',
  service: 'invoicing',
  summary: 'Withdraw the rest of a prepaid credit. An expired or withdrawn credit cannot be withdrawn.',
  effect: 'command',
  roles: moneyStaff,
  input: creditName.extend({
    reason: z
      .string()
      .min(1)
      .max(500)
      .meta({ description: 'Why, such as a repayment.', example: 'repaid on 2026-05-03' }),
  }),
  output: listOutput,
  refusals: ['not-found', 'already-ended'],
  edits: edited(getPrepaidCredit, ['tenant_id', 'credit_id']),
});

export const getPrepaidLedger = defineRequest({
  name: 'prepaid-credits.ledger',
  service: 'invoicing',
  summary: 'List every change of the prepaid balance of a tenant, newest first, with the balance after it.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ tenant_id: tenantField }),
  output: pageOf(
    z.object({
      at: instantText.describe('When it took effect: a draw at the end of the month that it pays.'),
      kind: z
        .enum(['credit', 'draw', 'expiry', 'withdrawal'])
        .describe('Credit that became valid, a draw by an invoice, an expiry, or a withdrawal.'),
      credit_id: uuid.describe('Id of the prepaid credit.'),
      name: z.string().meta({ description: 'Name of the credit.', example: 'Start credit' }),
      origin: prepaidCredit.shape.origin,
      invoice_id: uuid.nullable().describe('Invoice that drew it; null for other entries.'),
      period: periodText
        .nullable()
        .meta({ description: 'Month of that invoice; null for other entries.', example: '2026-04' }),
      amount_cents: amountField('Change of the balance in cents; negative for a draw, an expiry and a withdrawal.'),
      balance_cents: amountField('Balance of all credits after it, in cents.'),
    }),
  ),
  refusals: ['not-found', 'invalid-cursor'],
});
