import { z } from 'zod';
import { defineEvent } from '../define.ts';
import { token } from '../ids.ts';
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
