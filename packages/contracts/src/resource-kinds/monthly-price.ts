import { z } from 'zod';
import { canonicalDecimal, Decimal } from '../decimal.ts';
import type { Json } from '../json.ts';
import { priceShareOf, shareOf } from './backup-share.ts';
import { kindEntry, type MeasuredUsage, measuresOf, resourceKindEntries } from './derived.ts';
import type { KindEntry } from './kind-entry.ts';
import { unitListPrices } from './list-prices.ts';

/** A list price of the provider for one size and month: an exact decimal in `currency`. */
export type SizePrice = { monthly: string; currency: string };

/** A list price of a billing kind or of a size of it, as `list-price.changed` has it: for a month, or for one unit. */
export type ListedPrice = { price_monthly?: string | null; unit_price?: string | null; currency: string };

/** Finds the list price of a billing kind and dimension; undefined: none is known. */
export type ListedPrices = (kind: string, dimension: string | null) => ListedPrice | undefined;

/** Hours of an average month, for a price of one hour. */
const hoursOfMonth = 730;

/** The provider's list price of a resource for a month, or the reason that it is unknown. */
export type MonthlyPrice = { amount: string; currency: string } | { unknownBecause: string };

type Priced = { kind: string; attrs: Readonly<Record<string, Json | undefined>> };

/** Attributes on which the price of some kind depends, whatever it is metered as. */
const pricedAttributes = new Set(['size_slug', 'size_gb', 'node_count']);

/** The attributes that the quantities of a kind read, found by letting them read a state that has none. */
const readBy = ({ usages }: KindEntry): ReadonlySet<string> => {
  const read = new Set<string>();
  const attrs = new Proxy<Record<string, Json | undefined>>(
    {},
    {
      get: (_, name) => {
        read.add(String(name));
        return undefined;
      },
    },
  );
  for (const { measure } of usages) measure({ is_present: true, status: 'active', attrs });
  return read;
};

const measuredAttributes = new Map<string, ReadonlySet<string>>(
  resourceKindEntries.map(([kind, entry]) => [kind, readBy(entry)]),
);

/**
 * Whether the list price of a resource of this kind may depend on an attribute: on its size, on what makes it free of charge, or on
 * what it is metered by.
 */
export const isPriced = (kind: string, attribute: string): boolean =>
  pricedAttributes.has(attribute) ||
  kindEntry(kind)?.freeWhile === attribute ||
  measuredAttributes.get(kind)?.has(attribute) === true;

/** The size whose list price the price of a resource depends on; null: on none. */
export function pricedSize({ attrs }: Pick<Priced, 'attrs'>): string | null {
  const { size_slug: size } = attrs;
  return typeof size === 'string' ? size : null;
}

/**
 * The provider's list price of a resource for a month, while it exists as the attributes describe it.
 * @param priceOf the list price of a size; undefined: unknown
 * @param listedOf list prices by billing kind, which come first; absent: there are none
 */
export function monthlyPrice(
  { kind, attrs }: Priced,
  priceOf: (size: string) => SizePrice | undefined,
  listedOf?: ListedPrices,
): MonthlyPrice {
  const entry = kindEntry(kind);
  if (entry === undefined) return { unknownBecause: `The kind ${kind} is not known, and neither is its price.` };
  const isFree =
    entry.billed === 'free' || (entry.freeWhile !== undefined && (attrs[entry.freeWhile] ?? null) !== null);
  if (isFree) return { amount: '0', currency: 'USD' };
  const listed = listedOf === undefined ? null : listedPrice({ kind, attrs }, listedOf);
  if (listed !== null) return listed;
  const units = unitsOf(kind, attrs);
  if (units === null) return { unknownBecause: `The size of the ${kind} is unknown.` };
  const unit = unitListPrices.find((price) => price.kind === kind);
  if (unit !== undefined) {
    return { amount: canonicalDecimal(new Decimal(unit.monthlyCents).div(100).times(units)), currency: 'USD' };
  }
  const size = pricedSize({ attrs });
  if (size !== null) {
    const price = priceOf(size);
    if (price === undefined) return { unknownBecause: `The list price of the size ${size} is unknown.` };
    const own = new Decimal(price.monthly).times(units);
    const shares = measured({ kind, attrs }).flatMap((usage) => priceShareOf(usage.kind, usage.dimension) ?? []);
    const amount = shares.reduce((sum, { percent }) => sum.plus(shareOf(canonicalDecimal(own), percent)), own);
    return { amount: canonicalDecimal(amount), currency: price.currency };
  }
  if (kind === 'droplet_backup')
    return { unknownBecause: 'A backup is billed as a share of the price of its droplet.' };
  if (kind === 'droplet') return { unknownBecause: 'The size of the droplet is unknown.' };
  return { unknownBecause: `The provider publishes no list price for the kind ${kind}.` };
}

/** The sum of the list prices of everything that a running resource is metered as; null if one of them or a quantity is unknown. */
function listedPrice({ kind, attrs }: Priced, listedOf: ListedPrices): { amount: string; currency: string } | null {
  let sum = new Decimal(0);
  let currency: string | null = null;
  // What counts nothing costs nothing, but only a kind that has a price at all is known to.
  let free: string | null = null;
  for (const { kind: billingKind, units, dimension } of measured({ kind, attrs })) {
    const price = listedOf(billingKind, dimension) ?? sharedPrice(billingKind, dimension, listedOf);
    if (units === '0') {
      free ??= price?.currency ?? null;
      continue;
    }
    if (price === undefined || units === null || price.currency !== (currency ?? price.currency)) return null;
    currency = price.currency;
    const isByHour = kindEntry(kind)?.usages.find((usage) => usage.kind === billingKind)?.per === 'hour';
    const monthly = price.price_monthly ?? new Decimal(price.unit_price ?? 0).times(isByHour ? hoursOfMonth : 1);
    sum = sum.plus(new Decimal(monthly).times(units));
  }
  const of = currency ?? free;
  return of === null ? null : { amount: canonicalDecimal(sum), currency: of };
}

/** The price of what costs a share of another price, such as the backups of a droplet. */
function sharedPrice(kind: string, dimension: string | null, listedOf: ListedPrices): ListedPrice | undefined {
  const share = priceShareOf(kind, dimension);
  const price = share === null ? undefined : listedOf(share.kind, share.dimension);
  if (share === null || price === undefined) return undefined;
  const partOf = (amount: string | null | undefined) =>
    amount === null || amount === undefined ? null : shareOf(amount, share.percent);
  return {
    currency: price.currency,
    price_monthly: partOf(price.price_monthly),
    unit_price: partOf(price.unit_price),
  };
}

/** What a resource counts while it runs; nothing if an attribute is malformed, as in a desired state that a person wrote. */
function measured({ kind, attrs }: Priced): readonly MeasuredUsage[] {
  try {
    return measuresOf({ kind, is_present: true, status: 'active', attrs });
  } catch (error) {
    if (error instanceof RangeError || error instanceof z.ZodError) return [];
    throw error;
  }
}

/** Units that the price of one unit is multiplied by; null: their number is unknown. A resource without nodes counts as one. */
function unitsOf(kind: string, attrs: Priced['attrs']): string | null {
  if (kindEntry(kind)?.sizeAttribute === 'size_gb') {
    const { size_gb: size } = attrs;
    // A desired state that a person wrote holds anything.
    return /^\d+(\.\d+)?$/.test(String(size)) ? String(size) : null;
  }
  const { node_count: nodes } = attrs;
  return typeof nodes === 'number' ? String(nodes) : '1';
}
