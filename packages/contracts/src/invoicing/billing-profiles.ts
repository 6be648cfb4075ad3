import { z } from 'zod';
import { everyone, moneyStaff } from '../actor.ts';
import { countryCode, knownCountry } from '../countries.ts';
import { decimalText } from '../decimal.ts';
import { defineEvent, defineRequest, edited } from '../define.ts';
import { tenantId, token } from '../ids.ts';
import { currencyCode, knownCurrency } from '../money.ts';
import { taxPolicy } from './terms.ts';

/** The languages that mails are written in. */
export const mailLanguage = z.enum(['en', 'de']);

/** Recipients that a tenant may have. */
const mostRecipients = 10;

/** The billing profile of a tenant. */
export const billingProfile = z.object({
  tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
  name: z.string().meta({ description: 'Name of the customer as printed on invoices.', example: 'Acme Pty Ltd' }),
  address: z.array(z.string()).meta({
    description: 'Address, one item for each printed line.',
    example: ['1 Example Street', 'Sydney NSW 2000'],
  }),
  registration_number: z.string().nullable().meta({
    description: 'The customer’s business registration number, as printed on invoices; null for none.',
    example: 'ABN 53 004 085 616',
  }),
  country: countryCode.nullable().meta({
    description:
      'The customer’s country, an ISO 3166 code of two letters, by which the registration number is named (ABN, VAT no., EIN); null: unknown.',
    example: 'AU',
  }),
  buyer_reference: z.string().nullable().meta({
    description: 'Purchase order or other reference of the customer, as printed on invoices; null for none.',
    example: 'PO 4711',
  }),
  currency: currencyCode.meta({ description: 'Currency of the tenant’s invoices, an ISO 4217 code.', example: 'AUD' }),
  payment_terms_days: z.int().meta({ description: 'Days from the issue of an invoice until it is due.', example: 14 }),
  tax: taxPolicy.describe('How the tenant’s invoices are taxed.'),
  language: mailLanguage.describe('Language of the mails that the tenant gets.'),
  email_recipients: z.array(z.string()).meta({
    description: 'Addresses that invoices, reminders and alerts are mailed to; empty: the tenant gets no mails.',
    example: ['billing@acme.example'],
  }),
});

export const billingProfileChanged = defineEvent({
  type: 'billing-profile.changed',
  version: 1,
  stream: 'INVOICING',
  summary: 'The whole billing profile of a tenant, each time that it was entered.',
  data: billingProfile.extend({
    revision: z.int().min(1).meta({ description: 'Counts the changes from 1; the highest one holds.', example: 3 }),
  }),
  subject: (d) => `billing-profile.changed.${token(d.tenant_id)}`,
  key: (d) => `${d.tenant_id}:${d.revision}`,
});

export const getBillingProfile = defineRequest({
  name: 'billing-profiles.get',
  service: 'invoicing',
  summary: 'Get the billing profile of a tenant: name, address, currency, tax, days to pay.',
  effect: 'read',
  roles: everyone,
  input: z.object({ tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }) }),
  output: billingProfile,
  refusals: ['not-found'],
  isVersioned: true,
});

const enteredTaxRate = decimalText.regex(/^(0+(\.\d+)?|0*1(\.0+)?)$/, 'a fraction from 0 to 1: "0.1" is ten per cent');

/** The fields of a billing profile that an operator may give, each optional. */
export const billingDetails = {
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Name of the customer as printed on invoices.', example: 'Acme Pty Ltd' }),
  address: z
    .array(z.string().max(200))
    .max(6)
    .optional()
    .meta({
      description: 'Address, one item for each printed line.',
      example: ['1 Example Street', 'Sydney NSW 2000'],
    }),
  registration_number: z.string().max(40).nullable().optional().meta({
    description: 'The customer’s business registration number, as printed on invoices; null for none.',
    example: 'ABN 53 004 085 616',
  }),
  country: knownCountry.nullable().optional().meta({
    description:
      'The customer’s country, an ISO 3166 code of two letters, by which the registration number is named (ABN, VAT no., EIN); null: unknown.',
    example: 'AU',
  }),
  buyer_reference: z.string().max(80).nullable().optional().meta({
    description: 'Purchase order or other reference of the customer, as printed on invoices; null for none.',
    example: 'PO 4711',
  }),
  currency: knownCurrency.optional().meta({
    description: 'Currency of the tenant’s invoices; fixed once there is a subscription or an invoice.',
    example: 'AUD',
  }),
  payment_terms_days: z
    .int()
    .min(0)
    .max(365)
    .optional()
    .meta({ description: 'Days from the issue of an invoice until it is due.', example: 14 }),
  tax: taxPolicy
    .extend({
      rate: enteredTaxRate.meta({
        description: 'Tax rate as a fraction from 0 to 1: `0.1` is ten per cent.',
        example: '0.1',
      }),
    })
    .partial()
    .optional()
    .describe('How the tenant’s invoices are taxed; fields that are left out stay as they are.'),
  language: mailLanguage.optional().describe('Language of the mails that the tenant gets; `en` by default.'),
  email_recipients: z
    .array(z.email('an address such as billing@acme.example').max(254))
    .max(mostRecipients)
    .optional()
    .meta({
      description: 'Addresses that invoices, reminders and alerts are mailed to, at most 10; none by default.',
      example: ['billing@acme.example'],
    }),
};

export const putBillingProfile = defineRequest({
  name: 'billing-profiles.put',
  service: 'invoicing',
  summary: "Update the given fields of a tenant's billing profile, from its next invoice on.",
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
    ...billingDetails,
  }),
  output: billingProfile,
  refusals: ['not-found', 'currency-in-use'],
  edits: edited(getBillingProfile, ['tenant_id']),
});
