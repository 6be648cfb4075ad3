import { canonicalDecimal, Decimal } from '../decimal.ts';
import type { Json } from '../json.ts';
import { kindEntry } from './derived.ts';
import { unitListPrices } from './list-prices.ts';

/** A list price of the provider for one size and month: an exact decimal in `currency`. */
export type SizePrice = { monthly: string; currency: string };

/** The provider's list price of a resource for a month, or the reason that it is unknown. */
export type MonthlyPrice = { amount: string; currency: string } | { unknownBecause: string };

type Priced = { kind: string; attrs: Readonly<Record<string, Json | undefined>> };

/** Attributes on which the price of some kind depends. An attribute that makes a kind free of charge is another. */
const pricedAttributes = new Set(['size_slug', 'size_gb', 'node_count']);

/** Whether the list price of a resource of this kind may depend on an attribute. */
export const isPriced = (kind: string, attribute: string): boolean =>
  pricedAttributes.has(attribute) || kindEntry(kind)?.freeWhile === attribute;

/** The size whose list price the price of a resource depends on; null: on none. */
export function pricedSize({ attrs }: Pick<Priced, 'attrs'>): string | null {
  const { size_slug: size } = attrs;
  return typeof size === 'string' ? size : null;
}

/**
 * The provider's list price of a resource for a month, while it exists as the attributes describe it.
 * @param priceOf the list price of a size; undefined: unknown
 */
export function monthlyPrice({ kind, attrs }: Priced, priceOf: (size: string) => SizePrice | undefined): MonthlyPrice {
  const entry = kindEntry(kind);
  if (entry === undefined) return { unknownBecause: `The kind ${kind} is not known, and neither is its price.` };
  const isFree =
    entry.billed === 'free' || (entry.freeWhile !== undefined && (attrs[entry.freeWhile] ?? null) !== null);
  if (isFree) return { amount: '0', currency: 'USD' };
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
    return { amount: canonicalDecimal(new Decimal(price.monthly).times(units)), currency: price.currency };
  }
  if (kind === 'droplet_backup')
    return { unknownBecause: 'A backup is billed as a share of the price of its droplet.' };
  if (kind === 'droplet') return { unknownBecause: 'The size of the droplet is unknown.' };
  return { unknownBecause: `The provider publishes no list price for the kind ${kind}.` };
}

/** Units that the price of one unit is multiplied by; null: their number is unknown. A resource without nodes counts as one. */
function unitsOf(kind: string, attrs: Priced['attrs']): string | null {
  if (kindEntry(kind)?.sizeAttribute === 'size_gb') {
    const { size_gb: size } = attrs;
    return typeof size === 'string' || typeof size === 'number' ? String(size) : null;
  }
  const { node_count: nodes } = attrs;
  return typeof nodes === 'number' ? String(nodes) : '1';
}
