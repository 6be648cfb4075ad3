import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { currencyCode } from '../money.ts';
import { instantText, periodText } from '../time.ts';
import { periodOrDate } from './fields.ts';

const fxRate = z.object({
  period: periodText,
  from: currencyCode,
  to: currencyCode,
  /** What one unit of `from` is worth in `to`. */
  rate: decimalText,
  source: z.string(),
  set_by: z.string(),
  set_at: instantText,
});

export const listFxRates = defineRequest({
  name: 'fx-rate.list',
  service: 'billing-ingest',
  summary: 'List the exchange rates pinned per period.',
  effect: 'read',
  roles: operators,
  input: z.object({ period: periodOrDate.optional() }),
  output: z.object({ rates: z.array(fxRate) }),
  refusals: [],
});

export const putFxRates = defineRequest({
  name: 'fx-rate.put',
  service: 'billing-ingest',
  summary: 'Pin exchange rates, one or a file of them. Invoices of these periods are published again with the rate.',
  effect: 'command',
  roles: operators,
  input: z.object({
    rates: z
      .array(
        z.strictObject({
          period: periodOrDate,
          from: currencyCode,
          to: currencyCode,
          rate: decimalText,
          source: z.string().max(200).default('entered by hand'),
        }),
      )
      .max(1200)
      .default([]),
    /** Instead of `rates`: the text of a CSV file with the columns period, from, to, rate and, if wanted, source. */
    csv: z.string().max(200_000).optional(),
  }),
  output: z.object({ rates: z.array(fxRate), invoices: z.int().min(0) }),
  refusals: ['invalid-rate', 'invalid-file'],
});
