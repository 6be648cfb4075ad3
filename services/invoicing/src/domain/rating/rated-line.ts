import type { invoicing, Json } from '@arcadia/contracts';
import type { z } from 'zod';
import { fraction, toText } from './fraction.ts';

export type LineKind = z.infer<typeof invoicing.invoiceLine>['kind'];

/** A line as displayed and billed, in whole minor units. */
export type RatedLine = {
  /** Identifies the line in every rating of the month: adjustments compare by it. */
  key: string;
  kind: LineKind;
  deployment_id: string | null;
  resource_kind: string | null;
  description: string;
  qty: string;
  unit: string;
  unit_price_cents: string;
  amount_cents: number;
  meta: Record<string, Json>;
};

/** `2026-04-01 to 2026-04-10 (10 of 30 days)`: the days of a line for a part of the month. */
export const partOfMonth = (first: string, last: string, days: number, daysOfMonth: number): string =>
  `${first} to ${last} (${days} of ${daysOfMonth} days)`;

/** Runs of consecutive positions as `[from, until)` days. */
export const dayRuns = (
  days: readonly number[],
  names: readonly string[],
  after: string,
): { from: string; until: string }[] => {
  const runs: { first: number; last: number }[] = [];
  for (const day of [...days].toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run.last === day - 1) run.last = day;
    else runs.push({ first: day, last: day });
  }
  return runs.map(({ first, last }) => ({ from: names[first] ?? '', until: names[last + 1] ?? after }));
};

export const monthShare = (days: number, daysOfMonth: number): string => toText(fraction(days, daysOfMonth));
