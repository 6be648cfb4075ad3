import type { Period } from '@arcadia/contracts';
import { isOfTheMonth } from '../rating/own-charges.ts';
import type { RatedLine } from '../rating/rated-line.ts';

/** The amount billed under a key of a month: its line and every correction of it so far. */
export type Billed = Pick<RatedLine, 'key' | 'deployment_id' | 'resource_kind' | 'description' | 'amount_cents'>;

/** A key of a month whose amount rated now differs from the amount billed. */
export type Difference = Omit<Billed, 'amount_cents'> & { old_cents: number; new_cents: number };

/**
 * f(new) − f(old), line by line, of displayed amounts: included 100, billed 90, 30 more known later at 0.10 is 2.00.
 * @param billed may name a key several times; its amounts add up
 */
export const differences = (billed: readonly Billed[], rated: readonly RatedLine[]): Difference[] => {
  const byKey = new Map<string, Difference>();
  const entry = (line: Omit<Billed, 'amount_cents'>): Difference => {
    const { key, deployment_id, resource_kind, description } = line;
    const found = byKey.get(key) ?? { key, deployment_id, resource_kind, description, old_cents: 0, new_cents: 0 };
    byKey.set(key, found);
    return found;
  };
  for (const line of billed) entry(line).old_cents += line.amount_cents;
  for (const line of rated.filter(isOfTheMonth)) {
    const found = entry(line);
    found.new_cents += line.amount_cents;
    found.description = line.description;
  }
  return [...byKey.values()]
    .filter(({ old_cents, new_cents }) => old_cents !== new_cents)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
};

/** The differences as lines of a later invoice, labelled with the month they belong to. */
export const adjustmentLines = (period: Period, all: readonly Difference[]): RatedLine[] =>
  all.map(({ key, deployment_id, resource_kind, description, old_cents, new_cents }) => ({
    key: `adjustment/${period}/${key}`,
    kind: 'adjustment',
    deployment_id,
    resource_kind,
    description: `Adjustment for ${period}: ${description}`,
    qty: '1',
    unit: 'adjustment',
    unit_price_cents: String(new_cents - old_cents),
    amount_cents: new_cents - old_cents,
    meta: { adjusts_period: period, adjusts_key: key, old_cents, new_cents },
  }));
