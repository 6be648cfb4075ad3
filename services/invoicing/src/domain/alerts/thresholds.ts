import { canonicalDecimal, nameUuid } from '@arcadia/contracts';
import { compare, fraction, isPositive, times, toText } from '../rating/fraction.ts';
import { monthOf } from '../rating/month.ts';
import { type RatingInput, rate } from '../rating/rate.ts';
import { type Standing, standingOf } from '../rating/standing.ts';

export type AlertRule = { alert_id: string; basis: 'included_percent' | 'money'; kind: string | null; value: string };

export type Crossed = {
  alert_id: string;
  kind: string | null;
  basis: 'included_percent' | 'money' | 'hard_cap';
  value: string;
  reached: string;
};

/** An amount in whole cents; null for one with a fraction, of which older alerts have some. */
export const wholeCents = (value: string): number | null =>
  /^-?\d{1,15}$/.test(canonicalDecimal(value)) ? Number(canonicalDecimal(value)) : null;

/**
 * The thresholds that a deployment's month has reached so far: those of its alerts, and the hard caps of its plan. The input
 * contains that deployment alone.
 */
export const crossedThresholds = (input: RatingInput, rules: readonly AlertRule[]): Crossed[] => {
  const [deployment] = input.deployments;
  if (deployment === undefined) return [];
  const month = monthOf(input.period, deployment);
  const standings = standingOf(month, deployment.usage);
  const crossed = rules.flatMap((rule): Crossed[] => {
    const reached = rule.basis === 'money' ? moneyOf(input, rule.kind) : percentOf(standings, rule.kind);
    return reached !== null && compare(fraction(reached), fraction(rule.value)) >= 0 ? [{ ...rule, reached }] : [];
  });
  const caps = (month.plan?.items ?? []).flatMap(({ kind, hard_cap_qty }): Crossed[] => {
    const used = standings.find((one) => one.kind === kind)?.used;
    if (hard_cap_qty === null || used === undefined || compare(used, fraction(hard_cap_qty)) < 0) return [];
    const alert_id = nameUuid('hard-cap', deployment.deployment_id, kind);
    return [{ alert_id, kind, basis: 'hard_cap', value: hard_cap_qty, reached: toText(used) }];
  });
  return [...crossed, ...caps];
};

/** Usage in per cent of the included quantity; null where no quantity is included. */
const percentOf = (standings: readonly Standing[], kind: string | null): string | null => {
  const found = standings.find((one) => one.kind === kind);
  if (found === undefined || !isPositive(found.included)) return null;
  const { drawn: used, included } = found;
  return toText(times({ num: used.num.times(included.den), den: used.den.times(included.num) }, fraction(100)), 6);
};

/** Minor units before tax, of one kind or of the whole deployment. */
const moneyOf = (input: RatingInput, kind: string | null): string => {
  const lines = rate(input).lines.filter(
    (line) => line.kind !== 'tax' && (kind === null || line.resource_kind === kind),
  );
  return String(lines.reduce((total, { amount_cents }) => total + amount_cents, 0));
};
