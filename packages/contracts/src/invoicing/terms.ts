import { z } from 'zod';
import { Decimal, decimalText } from '../decimal.ts';
import { dimension } from '../metering/facts.ts';
import { currencyCode } from '../money.ts';
import { dayText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';

/** Models by which the quantity above the included one is charged. */
export const chargeModel = z.enum([
  'standard',
  'graduated',
  'volume',
  'package',
  'by_size',
  'cost_plus',
  'pass_through',
]);

/** The model of an item, with what each one means. */
export const chargeModelField = chargeModel.describe(
  '`standard`: one unit price; `graduated`: each tier prices its own part; `volume`: the reached tier prices everything; `package`: each started `overage_unit` is charged whole; `by_size`: each size has its own unit price in `sizes`, every other one `overage_price_cents`; `cost_plus`: the provider’s list price with `mark_up_percent`, plus `overage_price_cents`; `pass_through`: what the provider’s bill charges for the deployment’s resources, with `mark_up_percent`.',
);

/** The dimension that a price is for: a size in the provider's words, or the beginning of several followed by `*`. */
export const priceDimension = z
  .string()
  .max(200)
  .regex(/^[^*\s]+\*?$/, 'a size such as s-2vcpu-4gb, or the beginning of several such as g-*')
  .meta({
    description:
      'The size that the price is for: exactly this one, or with a `*` at its end every size that begins so. The most specific price of a kind holds: an exact one, then the longest beginning, then the one without a dimension.',
    example: 'g-*',
  });

/** The price of one size, or of those that begin alike, within an item of the model `by_size`. */
export const sizePrice = (price: typeof decimalText) =>
  z.object({
    dimension: priceDimension,
    unit_price_cents: price.meta({
      description: 'Price of `overage_unit` units of this size above the included quantity, in cents.',
      example: '9.5',
    }),
  });

/** The prices by size of an item. */
export const sizesText =
  'Prices by size, for the charge model `by_size` only; the closest one holds, else `overage_price_cents`.';

/** A mark-up on the provider's price or bill; below -100 % a customer would be paid for using more. */
export const markUp = decimalText
  .regex(/^-?\d{1,6}(\.|$)/, 'at most six digits before the point')
  .refine((text) => new Decimal(text).gte(-100), 'a mark-up of at least -100 %')
  .meta({
    description:
      'Mark-up in per cent on the provider’s list price (`cost_plus`) or bill (`pass_through`); only for these charge models, at least -100.',
    example: '20',
  });

/** How a fallback price charges: a unit price, or the provider's list price with a mark-up. */
export const fallbackModel = z
  .enum(['standard', 'cost_plus'])
  .describe(
    '`standard`: the unit price; `cost_plus`: the provider’s list price with `mark_up_percent`, plus the unit price. Absent: `standard`.',
  );

/** When an invoice contains what the provider's bill charges. */
export const providerBill = z
  .enum(['wait', 'adjust'])
  .describe(
    'For items with `pass_through`: `wait`: the invoice of a month waits for the provider’s bill of it; `adjust`: the invoice is issued without, and the billed amounts follow as an adjustment on the next one. Absent: `wait`.',
  );

/** Proration of the base price: none, or by days. */
export const proration = z.enum(['none', 'daily']);

/** How one kind, or one size of it, is priced: so much included, the rest by the model. Unit prices are exact decimals in cents. */
export const priceItem = z.object({
  kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
  dimension: priceDimension.exactOptional(),
  included_qty: decimalText.meta({
    description:
      'Quantity that the base price includes in a month, in the unit of the kind. It counts for the usage that this item prices, in the order of days, on one day in the order of sizes.',
    example: '744',
  }),
  overage_unit: decimalText.meta({
    description:
      'How many units the price is for, in the kind’s own unit: `1` for cents per hour, `1000000` for cents per million tokens.',
    example: '1',
  }),
  overage_price_cents: decimalText.nullable().meta({
    description:
      'Price of `overage_unit` units above the included quantity, in cents; null: the plan only includes, and the rest has the fallback price of its kind.',
    example: '1.5',
  }),
  charge_model: chargeModelField,
  tiers: z
    .array(
      z.object({
        up_to: decimalText.nullable().meta({
          description:
            'Upper bound of the tier, counted from the first unit above the included quantity; null for the last, open one.',
          example: '1000',
        }),
        unit_price_cents: decimalText.meta({
          description: 'Price of `overage_unit` units within the tier, in cents.',
          example: '1.2',
        }),
      }),
    )
    .nullable()
    .describe('Tiers, ascending; null for a charge model without tiers.'),
  sizes: z.array(sizePrice(decimalText)).exactOptional().describe(sizesText),
  mark_up_percent: markUp.exactOptional(),
  hard_cap_qty: decimalText
    .nullable()
    .meta({ description: 'Reported usage above this quantity in a month is refused; null: no cap.', example: '2000' }),
});

/** The price of a kind that a plan does not price. It holds from its day until the next one of the same kind and dimension. */
export const fallbackPrice = z.object({
  kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
  dimension: priceDimension.exactOptional(),
  charge_model: fallbackModel.exactOptional(),
  mark_up_percent: markUp.exactOptional(),
  valid_from: dayText.meta({ description: 'UTC day from which the price holds.', example: '2026-04-01' }),
  unit_price_cents: decimalText.meta({
    description: 'Price of `overage_unit` units in cents.',
    example: '1.5',
  }),
  overage_unit: decimalText.meta({
    description:
      'How many units the price is for, in the kind’s own unit: `1` for cents per hour, `1000000` for cents per million tokens.',
    example: '1',
  }),
});

/**
 * The provider's price of a kind, or of one size of it, before any mark-up. Exactly one of `price_monthly` and `unit_price` is given.
 */
export const listPrice = z.object({
  kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
  dimension: dimension.exactOptional(),
  valid_from: dayText.meta({
    description: 'UTC day from which the price holds. Before its first day a price holds too.',
    example: '2026-04-01',
  }),
  currency: currencyCode.meta({ description: 'Currency of the price, an ISO 4217 code.', example: 'USD' }),
  price_monthly: decimalText.exactOptional().meta({
    description:
      'Price of a month of a kind that is counted in hours, in `currency`: an hour is 1/672 of it, a month is never more, and a shorter time is at least 60 seconds and 0.01.',
    example: '24',
  }),
  unit_price: decimalText.exactOptional().meta({
    description: 'Price of one unit of the kind in `currency`, without such rules.',
    example: '0.1',
  }),
});

/** A pinned exchange rate, as prices of the provider are converted by it. */
export const exchangeRate = z.object({
  period: periodText.meta({ description: 'Billing period for which it was pinned.', example: '2026-04' }),
  from: currencyCode.meta({ description: 'Currency to convert from.', example: 'USD' }),
  to: currencyCode.meta({ description: 'Currency to convert to.', example: 'AUD' }),
  rate: decimalText.meta({ description: 'What one unit of `from` is worth in `to`.', example: '1.52' }),
});

/** The tax on an invoice. */
export const taxPolicy = z.object({
  name: z.string().meta({ description: 'Name of the tax as printed on invoices.', example: 'GST' }),
  rate: decimalText.meta({ description: 'Tax rate as a fraction: `0.1` is ten per cent.', example: '0.1' }),
  registration_number: z.string().nullable().meta({
    description: 'The supplier’s registration number for this tax, as printed on invoices; null for none.',
    example: '53 004 085 616',
  }),
  is_inclusive: z.boolean().describe('True: prices include the tax.'),
  rounding: z.enum(['half_up', 'half_even', 'down']).describe('How the tax of an invoice is rounded to whole cents.'),
});
