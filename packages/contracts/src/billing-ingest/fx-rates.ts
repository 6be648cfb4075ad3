import { z } from 'zod';
import { moneyReaders, moneyStaff } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest, edited } from '../define.ts';
import { currencyCode, knownCurrency } from '../money.ts';
import { isReplacedField, setting } from '../replaced.ts';
import { instantText, periodText } from '../time.ts';
import { periodOrDate } from './fields.ts';

const fxRate = z.object({
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  from: currencyCode.meta({ description: 'Currency to convert from.', example: 'USD' }),
  to: currencyCode.meta({ description: 'Currency to convert to.', example: 'AUD' }),
  rate: decimalText.meta({ description: 'What one unit of `from` is worth in `to`.', example: '1.52' }),
  source: z.string().meta({ description: 'Where the rate comes from.', example: 'RBA, 30 April 2026' }),
  set_by: z.string().meta({ description: 'Subject of the person or service that set it.', example: 'olivia' }),
  set_at: instantText.describe('When it was set.'),
});

/** A rate with who has replaced it. */
const listedRate = fxRate.extend({ replaced_by: setting.replaced_by, replaced_at: setting.replaced_at });

export const listFxRates = defineRequest({
  name: 'fx-rate.list',
  service: 'billing-ingest',
  summary: 'List the exchange rates pinned per period.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({
    period: periodOrDate
      .optional()
      .meta({ description: 'Only rates of this period: a month, or any date in it.', example: '2026-04' }),
    is_replaced: isReplacedField,
  }),
  output: z.object({ rates: z.array(listedRate).describe('The exchange rates by period.') }),
  refusals: [],
  isVersioned: true,
});

export const putFxRates = defineRequest({
  name: 'fx-rate.put',
  service: 'billing-ingest',
  summary: 'Pin exchange rates, one or a file of them. Invoices of these periods are published again with the rate.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    rates: z
      .array(
        z.strictObject({
          period: periodOrDate.meta({
            description: 'Billing period: a calendar month in UTC, `YYYY-MM`.',
            example: '2026-04',
          }),
          from: knownCurrency.meta({ description: 'Currency to convert from.', example: 'USD' }),
          to: knownCurrency.meta({ description: 'Currency to convert to.', example: 'AUD' }),
          rate: decimalText.meta({ description: 'What one unit of `from` is worth in `to`.', example: '1.52' }),
          source: z
            .string()
            .max(200)
            .default('entered by hand')
            .meta({ description: 'Where the rate comes from.', example: 'RBA, 30 April 2026' }),
        }),
      )
      .max(1200)
      .default([])
      .describe('The exchange rates by period.'),
    csv: z.string().max(200_000).optional().meta({
      description: 'Instead of `rates`: a CSV file with the columns period, from, to, rate and, optionally, source.',
      example: 'period,from,to,rate\n2026-04,USD,AUD,1.52\n',
    }),
  }),
  output: z.object({
    rates: z.array(fxRate).describe('The exchange rates by period.'),
    replaces: z.array(listedRate).describe('The rates of the same periods that they have replaced.'),
    invoices: z
      .int()
      .min(0)
      .meta({ description: 'Provider invoices that are published again with the rate.', example: 1 }),
  }),
  refusals: ['invalid-rate', 'invalid-file'],
  // The version is that of all rates, without a period.
  edits: edited(listFxRates, []),
});
