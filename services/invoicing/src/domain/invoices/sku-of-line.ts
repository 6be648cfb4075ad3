import { type Json, usageKinds } from '@arcadia/contracts';
import { chargeModels } from '../rating/charge-models/registry.ts';
import { fraction, isZero, toText } from '../rating/fraction.ts';
import { itemOf } from '../rating/price-lookup.ts';
import type { LineKind } from '../rating/rated-line.ts';
import type { PlanTerms } from '../rating/terms.ts';

/** A line of an invoice with the terms that priced it. */
export type PricedLine = {
  kind: LineKind;
  resource_kind: string | null;
  line_key: string;
  /** Null: the line has no unit price. */
  unit_price_cents: string | null;
  meta: Readonly<Record<string, Json>>;
};

/** What a line sold and where its price is listed; prices are exact, in minor units for one of the line's unit. */
export type Sku = {
  /** The same for every tenant and plan. */
  id: string;
  meter: string;
  /** The place in the price list: what is sold, on a plan or without one. */
  priceId: string;
  details: Readonly<Record<string, string>> | null;
  /** The price that everybody has on the plan, where the tenant has one of its own. */
  listUnitPriceCents: string;
  unitPriceCents: string;
};

const textOf = (meta: PricedLine['meta'], field: string): string | null => {
  const value = meta[field];
  return typeof value === 'string' ? value : null;
};

/** The size, or another dimension with a price of its own, that a line charges, as its key names it; null: one price for all. */
function dimensionOf({ resource_kind, line_key }: PricedLine): string | null {
  const [, rest = ''] = line_key.split(`/overage/${resource_kind ?? ''}`);
  return /^ (.+?)\/\d{4}-\d{2}-\d{2}/.exec(rest)?.[1] ?? null;
}

/** The backups of a droplet are charged together, so their dimension names it; what is sold does not depend on it. */
const withoutDroplet = (dimension: string): string => dimension.replace(/ of \S+$/, '');

/**
 * What a line sold, for lines of a plan, an addon, usage or a commitment; null for the others, which have no unit price.
 * @param plan the plan of the line's deployment, where it is known
 */
export function skuOfLine(line: PricedLine, plan: PlanTerms | null): Sku | null {
  const { unit_price_cents: unitPriceCents } = line;
  if (unitPriceCents === null) return null;
  const prices = { listUnitPriceCents: listPriceOf(line, plan) ?? unitPriceCents, unitPriceCents };
  const fixed = (id: string, meter: string): Sku => ({ id, meter, priceId: id, details: null, ...prices });
  if (line.kind === 'plan_base') return fixed(`plan/${textOf(line.meta, 'plan') ?? ''}`, 'Plan');
  if (line.kind === 'addon') return fixed(`addon/${textOf(line.meta, 'addon') ?? ''}`, 'Addon');
  if (line.kind === 'commitment') return fixed('minimum-commitment', 'Minimum commitment');
  if (line.kind !== 'overage' || line.resource_kind === null) return null;
  const dimension = dimensionOf(line);
  const id = `usage/${line.resource_kind}${dimension === null ? '' : `/${withoutDroplet(dimension)}`}`;
  const isOfPlan = plan !== null && line.meta['price_source'] !== 'fallback';
  const isSize = /^(instance )?size$/.test(usageKinds[line.resource_kind]?.dimension ?? '');
  return {
    id,
    meter: meterOf(line.resource_kind),
    priceId: isOfPlan ? `plan/${plan.code}/${id}` : id,
    details: isSize && dimension !== null && !dimension.endsWith('*') ? { InstanceType: dimension } : null,
    ...prices,
  };
}

/** `droplet_hours` as `Droplet hours`. */
const meterOf = (kind: string): string => `${kind.charAt(0).toUpperCase()}${kind.slice(1).replaceAll('_', ' ')}`;

/** The plan's price of the line's unit for the same quantity; null where the tenant has no price of its own, or the plan has no price. */
function listPriceOf(line: PricedLine, plan: PlanTerms | null): string | null {
  const { meta, kind, resource_kind } = line;
  const own = meta['own_price'];
  if (typeof own !== 'object' || own === null || !('instead_of' in own) || plan === null) return null;
  if (kind === 'plan_base') return typeof own.instead_of === 'string' ? own.instead_of : null;
  const over = fraction(textOf(meta, 'over') ?? '0');
  if (resource_kind === null || isZero(over)) return null;
  const dimension = dimensionOf(line) ?? undefined;
  const item = itemOf(plan, resource_kind, dimension);
  const model = item === null ? null : chargeModels[item.charge_model];
  const price = item === null || model === null ? null : model.priceOf(item, dimension);
  if (price === null || model === null || model.isByCost === true) return null;
  const { amount } = model.charge(price, over);
  return toText({ num: amount.num.times(over.den), den: amount.den.times(over.num) }, 20);
}
