import { z } from 'zod';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { dayText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { exchangeRate, listPrice } from './terms.ts';

export const listPriceChanged = defineEvent({
  type: 'list-price.changed',
  version: 1,
  stream: 'INVOICING',
  summary: "The provider's list price of a kind or a size from a day on, as invoices use it from this message on.",
  data: listPrice.extend({
    source: z
      .enum(['provider', 'operator'])
      .describe('Whether it was observed at the provider or loaded by an operator.'),
    revision: z
      .int()
      .min(1)
      .meta({ description: 'Counts the changes of this price from 1; the highest one holds.', example: 1 }),
  }),
  subject: (d) => `list-price.changed.${token(d.kind)}`,
  key: (d) => `${d.kind}:${d.dimension ?? ''}:${d.valid_from}:${d.revision}`,
});

export const exchangeRateChanged = defineEvent({
  type: 'exchange-rate.changed',
  version: 1,
  stream: 'INVOICING',
  summary: 'A pinned exchange rate, as invoices use it from this message on.',
  data: exchangeRate.extend({
    revision: z
      .int()
      .min(1)
      .meta({ description: 'Counts the changes of this rate from 1; the highest one holds.', example: 1 }),
  }),
  subject: (d) => `exchange-rate.changed.${d.period}`,
  key: (d) => `${d.period}:${d.from}:${d.to}:${d.revision}`,
});

const billOf = {
  period: periodText.meta({ description: 'Billing period of the provider’s invoice.', example: '2026-04' }),
  invoice_uuid: z
    .string()
    .meta({ description: 'The provider’s id of the invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
  revision: z.int().min(1).meta({ description: 'Revision of `invoice.ingested` that it comes from.', example: 3 }),
};

export const providerBillChanged = defineEvent({
  type: 'provider-bill.changed',
  version: 1,
  stream: 'INVOICING',
  summary:
    'An invoice of the provider that is reconciled or accepted, as tenants’ invoices pass its amounts through from this message on.',
  data: z.object({
    ...billOf,
    invoice_number: z
      .string()
      .nullable()
      .meta({ description: 'The provider’s invoice number; null if not given.', example: '509486121' }),
    currency: currencyCode.meta({ description: 'Currency of its amounts, an ISO 4217 code.', example: 'USD' }),
  }),
  subject: (d) => `provider-bill.changed.${d.period}`,
  key: (d) => `${d.invoice_uuid}:${d.revision}`,
});

/** A deployment's share of a line of the provider's bill. */
export const billedAmount = z.object({
  deployment_id: uuid.describe('Deployment that pays the share.'),
  kind: usageKind.meta({
    description:
      'Billing kind that the line is charged as; where there is none, the kind of the bill’s line, such as `account`.',
    example: 'droplet_hours',
  }),
  line_no: z.int().min(1).meta({ description: 'Number of the line in the provider’s invoice.', example: 12 }),
  description: z.string().meta({ description: 'The provider’s description.', example: 'web-1 (s-2vcpu-4gb)' }),
  resource_id: uuid.nullable().describe('Resource of the line; null where none is known.'),
  from: dayText.meta({ description: 'First UTC day of the share.', example: '2026-04-01' }),
  until: dayText.meta({ description: 'Day after its last day.', example: '2026-05-01' }),
  amount_cents: cents.meta({ description: 'Share in cents of the provider’s currency, without tax.', example: 1234 }),
});

export const billedAmountsChanged = defineEvent({
  type: 'billed-amounts.changed',
  version: 1,
  stream: 'INVOICING',
  summary:
    'The amounts that one invoice of the provider charges for the deployments of a tenant, in as many messages as they need. A higher revision replaces all of them.',
  data: z.object({
    ...billOf,
    tenant_id: tenantId.meta({ description: 'Tenant of the deployments.', example: 'acme' }),
    part: z.int().min(1).meta({ description: 'Which message of the revision it is, from 1.', example: 1 }),
    amounts: z.array(billedAmount).describe('The shares of its lines, by their number.'),
  }),
  subject: (d) => `billed-amounts.changed.${d.period}.${token(d.tenant_id)}`,
  key: (d) => `${d.invoice_uuid}:${d.tenant_id}:${d.revision}:${d.part}`,
});
