import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { token } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { instantText, periodText } from '../time.ts';
import { costLine } from './cost-lines.ts';

export const invoiceIngested = defineEvent({
  type: 'invoice.ingested',
  version: 3,
  stream: 'BILLING',
  summary:
    'A provider invoice with its lines matched and allocated. A revision is published in as many messages as its lines need, each with the head. It holds once all its parts have arrived, and replaces lower revisions whole.',
  data: z.object({
    provider: z.string().meta({ description: 'Name of the cloud provider.', example: 'digitalocean' }),
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    invoice_uuid: z
      .string()
      .meta({ description: 'The provider’s id of the invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
    invoice_number: z
      .string()
      .nullable()
      .meta({ description: 'The provider’s invoice number; null if not given.', example: '509486121' }),
    revision: z.int().min(1).meta({ description: 'Counts the changes from 1; the highest one holds.', example: 3 }),
    part: z.int().min(1).meta({ description: 'Which message of this revision it is, from 1.', example: 1 }),
    parts: z.int().min(1).meta({ description: 'How many messages the revision has.', example: 1 }),
    status: z
      .enum(['reconciled', 'unreconciled', 'accepted'])
      .describe(
        '`reconciled`: header, CSV and items agree to the cent; `accepted`: an operator accepted that they differ.',
      ),
    currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'USD' }),
    amount_net_minor: cents.meta({ description: 'Net amount in cents of the provider’s currency.', example: 51200 }),
    amount_tax_minor: cents.meta({ description: 'Tax in cents.', example: 0 }),
    amount_gross_minor: cents.meta({ description: 'Net amount plus tax, in cents.', example: 51200 }),
    difference_minor: cents.optional().meta({
      description:
        'Total of the invoice less all of its lines, in cents, while it is neither reconciled nor accepted; absent: none.',
      example: -3000,
    }),
    fx: z
      .object({
        to: currencyCode.meta({ description: 'Billing currency.', example: 'AUD' }),
        rate: decimalText.meta({
          description: 'What one unit of the provider’s currency is worth in it.',
          example: '1.52',
        }),
      })
      .nullable()
      .describe('Exchange rate into the billing currency; null until an operator pins it.'),
    lines: z.array(costLine).describe('The lines of this part.'),
    ingested_at: instantText.describe('When the invoice was read.'),
  }),
  subject: (d) => `invoice.ingested.${token(d.provider)}.${d.period}`,
  key: (d) => `${d.invoice_uuid}:${d.revision}:${d.part}`,
});

export const exchangeRatePinned = defineEvent({
  type: 'exchange-rate.pinned',
  version: 1,
  stream: 'BILLING',
  summary:
    'An exchange rate that an operator pinned for a period. A later message for the same currencies replaces it.',
  data: z.object({
    period: periodText.meta({ description: 'Billing period for which it holds.', example: '2026-04' }),
    from: currencyCode.meta({ description: 'Currency to convert from.', example: 'USD' }),
    to: currencyCode.meta({ description: 'Currency to convert to.', example: 'AUD' }),
    rate: decimalText.meta({ description: 'What one unit of `from` is worth in `to`.', example: '1.52' }),
    source: z.string().meta({ description: 'Where the rate comes from.', example: 'RBA, 30 April 2026' }),
    set_by: z.string().meta({ description: 'Subject of the person or service that set it.', example: 'olivia' }),
    set_at: instantText.describe('When it was set.'),
  }),
  subject: (d) => `exchange-rate.pinned.${d.period}`,
  key: (d) => `${d.period}:${d.from}:${d.to}:${d.rate}:${d.set_at}`,
});

/** Every event of billing-ingest, in the order of its stream's subjects. */
export const events = [invoiceIngested, exchangeRatePinned] as const;
