import { z } from 'zod';
import { moneyReaders, moneyStaff } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { dimension } from '../metering/facts.ts';
import { knownCurrency } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { isReplacedField, setting } from '../replaced.ts';
import { dayText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { enteredUnitPrice } from './fields.ts';
import { listPrice } from './terms.ts';

/** A list price as it is known: observed at the provider, or loaded by an operator. */
export const knownListPrice = listPrice.extend({
  source: z
    .enum(['provider', 'operator'])
    .describe('`provider`: observed in its list of droplet sizes; `operator`: loaded by hand or from a file.'),
});

export const listListPrices = defineRequest({
  name: 'list-prices.list',
  service: 'invoicing',
  summary: "List the provider's list prices, from which prices with a mark-up are computed.",
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend({
    kind: usageKind.optional().meta({ description: 'Only prices of this kind.', example: 'droplet_hours' }),
    is_replaced: isReplacedField,
  }),
  output: pageOf(knownListPrice.extend(setting)),
  refusals: ['invalid-cursor'],
});

export const putListPrices = defineRequest({
  name: 'list-prices.put',
  service: 'invoicing',
  summary: "Load the provider's list prices that its API does not list, one or a file of them, all or none.",
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    prices: z
      .array(
        z.strictObject({
          kind: usageKind.meta({ description: 'Billing kind that is priced.', example: 'database_node_hours' }),
          dimension: dimension.optional(),
          valid_from: dayText.optional().meta({
            description:
              'UTC day from which the price holds; today when absent. Before its first day a price holds too.',
            example: '2026-04-01',
          }),
          currency: knownCurrency.default('USD').meta({ description: 'Currency of the price.', example: 'USD' }),
          price_monthly: enteredUnitPrice.optional().meta({
            description: 'Price of a month, of a kind that is counted in hours. Either this or `unit_price`.',
            example: '15.15',
          }),
          unit_price: enteredUnitPrice.optional().meta({
            description: 'Price of one unit of the kind. Either this or `price_monthly`.',
            example: '0.1',
          }),
        }),
      )
      .max(2000)
      .default([])
      .describe('The prices.'),
    csv: z.string().max(500_000).optional().meta({
      description:
        'Instead of `prices`: a CSV file with the columns kind, dimension, price_monthly and unit_price, and optionally valid_from and currency.',
      example: 'kind,dimension,price_monthly,unit_price\ndatabase_node_hours,db-s-1vcpu-1gb,15.15,\n',
    }),
  }),
  output: z.object({
    prices: z.array(knownListPrice).describe('The prices as they are known now.'),
  }),
  refusals: ['invalid-price', 'invalid-file', 'period-invoiced', 'unknown-kind', 'unknown-dimension'],
});
