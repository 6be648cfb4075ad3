import { type Fraction, fraction, least, plus, toText, zero } from '../rating/fraction.ts';
import type { UsageSum } from '../rating/terms.ts';
import type { PublishedFact } from './published-facts.ts';

/** Days of constant terms, `[from, until)`. */
export type Cut = { from: string; until: string };

/** The kinds whose usage is summed by day, and those whose usage is summed by resource. */
export type Detail = { byDay: ReadonlySet<string>; byCost: ReadonlySet<string> };

type Sum = Pick<UsageSum, 'kind' | 'dimension' | 'divisor' | 'resource_id'> & {
  cut: Cut;
  total: Fraction;
  running: Fraction;
};

/** Usage of a deployment by kind, dimension and span of constant terms, exact; where the detail asks for it, by day and by resource. */
export const sumsOf = (
  facts: readonly PublishedFact[],
  cuts: { all: readonly Cut[]; byCost: readonly Cut[] },
  { byDay, byCost }: Detail,
): UsageSum[] => {
  const sums = new Map<string, Sum>();
  for (const fact of facts) {
    const day = fact.period_start.slice(0, 10);
    const span = fraction(secondsOf(fact));
    for (const { kind, dimension, divisor, resource_id, unit_seconds } of fact.lines) {
      const own = byCost.has(kind) ? cuts.byCost : cuts.all;
      const cut = byDay.has(kind) ? { from: day, until: dayAfter(day) } : cutOf(own, day);
      if (cut === null) continue;
      const resource = byCost.has(kind) ? (resource_id ?? undefined) : undefined;
      const key = [cut.from, kind, divisor, dimension ?? '', resource ?? ''].join(' ');
      const sum = sums.get(key) ?? { cut, kind, dimension, divisor, resource_id: resource, total: zero, running: zero };
      const units = fraction(unit_seconds);
      sums.set(key, { ...sum, total: plus(sum.total, units), running: plus(sum.running, least(units, span)) });
    }
  }
  return [...sums.values()].map(({ cut, kind, dimension, divisor, resource_id, total, running }) => ({
    ...cut,
    kind,
    ...(dimension === undefined ? {} : { dimension }),
    divisor,
    ...(resource_id === undefined ? {} : { resource_id, running_seconds: toText(running, 400) }),
    unit_seconds: toText(total, 400),
  }));
};

const cutOf = (cuts: readonly Cut[], day: string): Cut | null =>
  cuts.find(({ from, until }) => day >= from && day < until) ?? null;

const secondsOf = ({ period_start, period_end }: PublishedFact): number =>
  Temporal.Instant.from(period_start).until(period_end).total('seconds');

const dayAfter = (day: string): string => Temporal.PlainDate.from(day).add({ days: 1 }).toString();
