import { z } from 'zod';
import { everyone, moneyStaff } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest, edited } from '../define.ts';
import { flagField } from '../fields.ts';
import { cents, currencyCode, knownCurrency } from '../money.ts';
import { pageInput, pageOf, searchField } from '../page.ts';
import { isReplacedField, setting } from '../replaced.ts';
import { dayText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { catalogCode, enteredCents, enteredUnitPrice, positiveDecimal } from './fields.ts';
import { fallbackModel, markUp, priceDimension } from './terms.ts';

/** An addon: an additional included quantity at a monthly price. */
export const addon = z.object({
  addon_code: catalogCode.meta({ description: 'Code of the addon.', example: 'storage_50gb' }),
  name: z.string().meta({ description: 'Name as printed on invoices.', example: 'Studio' }),
  kind: usageKind.meta({ description: 'Billing kind of which the addon includes more.', example: 'spaces_gb_month' }),
  qty: decimalText.meta({
    description: 'Quantity that one addon adds to the included quantity of a month.',
    example: '50',
  }),
  price_cents: cents.meta({ description: 'Price of one addon for a month, in cents.', example: 1500 }),
  currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  is_offered: z.boolean().describe('False: no longer offered; attached addons stay.'),
});

/** The fallback price of a kind, or of a size of it. */
export const resourcePrice = z.object({
  kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
  dimension: priceDimension.optional(),
  charge_model: fallbackModel.optional(),
  mark_up_percent: markUp.optional(),
  currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  valid_from: dayText.meta({
    description: 'UTC day from which the price holds, until the next price of the kind. By default today.',
    example: '2026-04-01',
  }),
  unit_price_cents: decimalText.meta({ description: 'Price of `overage_unit` units in cents.', example: '1.5' }),
  overage_unit: decimalText.meta({
    description: 'How many units the price is for: `1` for cents per hour, `1000000` for cents per million tokens.',
    example: '1',
  }),
});

/** A fallback price with who set it, and who has replaced it. */
const listedPrice = resourcePrice.extend(setting);

export const listAddons = defineRequest({
  name: 'addons.list',
  service: 'invoicing',
  summary: 'List addons on offer; for operators also the others.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    q: searchField('Only addons whose code or name contains this text, upper or lower case.'),
  }),
  output: pageOf(addon),
  refusals: ['invalid-cursor'],
});

export const getAddon = defineRequest({
  name: 'addons.get',
  service: 'invoicing',
  summary: 'Get an addon. A tenant sees those on offer.',
  effect: 'read',
  roles: everyone,
  input: z.object({ addon_code: catalogCode.meta({ description: 'Code of the addon.', example: 'storage_50gb' }) }),
  output: addon,
  refusals: ['not-found'],
  isVersioned: true,
});

export const putAddon = defineRequest({
  name: 'addons.put',
  service: 'invoicing',
  summary: 'Create or update an addon. Attached ones keep their price and quantity.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    addon_code: catalogCode.meta({ description: 'Code of the addon.', example: 'storage_50gb' }),
    name: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Name as printed on invoices.', example: 'Studio' }),
    kind: usageKind.meta({ description: 'Billing kind of which the addon includes more.', example: 'spaces_gb_month' }),
    qty: positiveDecimal.meta({
      description: 'Quantity that one addon adds to the included quantity of a month.',
      example: '50',
    }),
    price_cents: enteredCents.meta({ description: 'Price of one addon for a month, in cents.', example: 1500 }),
    currency: knownCurrency
      .default('AUD')
      .meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
    is_offered: flagField.default(true).describe('False: no longer offered; attached addons stay.'),
  }),
  output: addon,
  refusals: ['unknown-kind'],
  edits: edited(getAddon, ['addon_code']),
});

export const listPrices = defineRequest({
  name: 'prices.list',
  service: 'invoicing',
  summary: 'List fallback prices, for kinds that a plan does not price.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    kind: usageKind.optional().meta({ description: 'Only prices of this kind.', example: 'droplet_hours' }),
    is_replaced: isReplacedField,
  }),
  output: pageOf(listedPrice),
  refusals: ['invalid-cursor'],
});

export const getPrices = defineRequest({
  name: 'prices.get',
  service: 'invoicing',
  summary: 'Get the fallback prices of a kind: of each size and currency, by the day from which they hold.',
  effect: 'read',
  roles: everyone,
  input: z.object({
    kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
  }),
  output: z.object({
    kind: usageKind.meta({ description: 'Billing kind.', example: 'droplet_hours' }),
    prices: z.array(listedPrice).describe('Its prices; none for a kind that has no fallback price.'),
  }),
  refusals: [],
  isVersioned: true,
});

export const putPrice = defineRequest({
  name: 'prices.put',
  service: 'invoicing',
  summary: 'Set the fallback price of a kind, or of a size of it, from a day on. Invoiced days keep theirs.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
    dimension: priceDimension.optional(),
    charge_model: fallbackModel.optional(),
    mark_up_percent: markUp.optional(),
    currency: knownCurrency
      .default('AUD')
      .meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
    valid_from: dayText.optional().meta({
      description: 'UTC day from which the price holds, until the next price of the kind. By default today.',
      example: '2026-04-01',
    }),
    unit_price_cents: enteredUnitPrice.default('0').meta({
      description: 'Price of `overage_unit` units in cents; for `cost_plus` what is added to the marked-up list price.',
      example: '1.5',
    }),
    overage_unit: positiveDecimal.default('1').meta({
      description: 'How many units the price is for: `1` for cents per hour, `1000000` for cents per million tokens.',
      example: '1',
    }),
  }),
  output: listedPrice.extend({
    replaces: listedPrice.nullable().describe('The price of the same day that it has replaced; null: there was none.'),
  }),
  refusals: ['period-invoiced', 'invalid-price', 'unknown-kind', 'unknown-dimension'],
  edits: edited(getPrices, ['kind']),
});
