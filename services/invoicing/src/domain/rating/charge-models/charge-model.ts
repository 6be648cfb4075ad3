import type { Fraction } from '../fraction.ts';
import type { PriceItem } from '../terms.ts';

/** What a price needs to be: the part of a plan's item, or of a fallback price, that an amount is computed from. */
export type Price = Pick<PriceItem, 'charge_model' | 'overage_unit' | 'tiers' | 'mark_up_percent'> & {
  overage_price_cents: string;
};

/** The quantity that fell into a tier, in the kind's own unit, and the tier's price in minor units per `overage_unit`. */
export type ChargedTier = { up_to: string | null; qty: string; unit_price_cents: string };

/** An exact amount in minor units and its derivation: where one price holds, `qty × unitPriceCents` is the amount. */
export type Charge = {
  amount: Fraction;
  qty: string;
  unitPriceCents: string;
  /** Null: `qty` counts the kind's own unit; else packages of this many of them. */
  packageOf: string | null;
  tiers: ChargedTier[];
};

/** A fault of a plan's item: the field, and what is wrong with it. */
export type Fault = { field: string; fault: string };

/**
 * One way to charge for the quantity above the included one. A model is a file in this folder, a word of the contract
 * (`chargeModel`) and a line in `registry.ts`; checking, rating, quoting and documents read the registry.
 */
export type ChargeModel = {
  /** The fields of an item that only some models have, of those that this one has. */
  parameters?: readonly Parameter[];
  /** True: each dimension has a price of its own, so it is a line of its own. */
  isByDimension?: boolean;
  /** True: the charge rests on what the provider charges, which needs usage by resource, list prices and exchange rates. */
  isByCost?: boolean;
  /** True: the charge is what the provider's bill charges; the cost by list prices only estimates it. */
  isByBill?: boolean;
  /** The faults of an item that names this model; empty if there is none. */
  faultsOf(item: PriceItem): Fault[];
  /** The price that an item has for usage of a dimension; null: it only includes. */
  priceOf(item: PriceItem, dimension: string | undefined): Price | null;
  /** False: the quantity above the included one is free, so it makes no line. */
  isChargeable(price: Price): boolean;
  /**
   * The exact charge for a quantity in the kind's own unit.
   * @param cost what the provider charges for that quantity, in minor units of the billing currency; only with `isByCost`
   */
  charge(price: Price, over: Fraction, cost?: Fraction): Charge;
  /** The rule in words, for the invoice: `standard per 1`. */
  explain(price: Pick<Price, 'overage_unit'>): string;
};

/** A field of an item that only some models have. */
export type Parameter = 'sizes' | 'mark_up_percent';

/** One price for every dimension. */
export const onePrice = (item: PriceItem): Price | null =>
  item.overage_price_cents === null && item.tiers === null
    ? null
    : { ...item, overage_price_cents: item.overage_price_cents ?? '0' };

export const noTiers = (item: PriceItem): Fault[] =>
  item.tiers === null ? [] : [{ field: 'tiers', fault: `${item.charge_model} has no tiers` }];
