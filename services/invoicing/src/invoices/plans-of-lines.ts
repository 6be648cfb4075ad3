import type { Json } from '@arcadia/contracts';
import type { PlanTerms } from '../domain/rating/terms.ts';
import { findPlanVersions } from '../store/catalog/plans.ts';
import type { ChargedLine } from '../store/invoices/charged-lines.ts';
import type { Db } from '../store/schema.ts';

/** A line that charges a plan, with the days `[from, until)` for which it does. */
type Base = { code: string; version: number; days: readonly { from: string; until: string }[] };

const daysOf = ({ meta: { days } }: ChargedLine): Base['days'] =>
  Array.isArray(days) ? days.filter(isRun).map(({ from, until }) => ({ from, until })) : [];

const isRun = (run: Json): run is { from: string; until: string } =>
  typeof run === 'object' &&
  run !== null &&
  'from' in run &&
  'until' in run &&
  typeof run.from === 'string' &&
  typeof run.until === 'string';

/**
 * The plan of each line in turn, by the plan's own line of the same deployment, which comes before it and shares a day with it; null where a
 * deployment has none. The lines are given in the order of their documents.
 */
export function plansOfLines(db: Db): (line: ChargedLine) => Promise<PlanTerms | null> {
  const versions = new Map<string, PlanTerms | null>();
  let place = '';
  let bases: Base[] = [];
  return async (line) => {
    const here = `${line.document_id} ${line.deployment_id ?? ''}`;
    if (here !== place) bases = [];
    place = here;
    const { plan, version } = line.meta;
    if (line.kind === 'plan_base' && typeof plan === 'string' && typeof version === 'number')
      bases.push({ code: plan, version, days: daysOf(line) });
    const [{ from } = { from: '' }] = daysOf(line);
    const base = bases.find(({ days }) => days.some((run) => run.from <= from && from < run.until)) ?? bases[0];
    if (base === undefined) return null;
    const key = `${base.code} ${base.version}`;
    if (!versions.has(key)) versions.set(key, (await findPlanVersions(db, [base]))[0] ?? null);
    return versions.get(key) ?? null;
  };
}
