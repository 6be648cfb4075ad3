import { allocate, formatMoney } from '@arcadia/contracts';
import type { Attachment } from './attachments.ts';
import { exactAmount, fraction, times, toWhole } from './fraction.ts';
import type { Month } from './month.ts';
import { dayRuns, monthShare, partOfMonth, type RatedLine } from './rated-line.ts';
import type { PlanTerms } from './terms.ts';

/** A base or an addon: it has a price per month and was held on some of its days. */
type Held = {
  key: string;
  label: string;
  kind: 'plan_base' | 'addon';
  resourceKind: string | null;
  priceCents: number;
  quantity: number;
  days: number[];
  meta: RatedLine['meta'];
};

const lineFor = (month: Month, held: Held, share: { amount: number; isWhole: boolean }): RatedLine => {
  const total = month.days.length;
  const part = partOfMonth(
    month.days[held.days[0] ?? 0] ?? '',
    month.days[held.days.at(-1) ?? 0] ?? '',
    held.days.length,
    total,
  );
  return {
    amount_cents: share.amount,
    deployment_id: month.deployment_id,
    description: share.isWhole ? held.label : `${held.label}, ${part}`,
    key: held.key,
    kind: held.kind,
    meta: { ...held.meta, proration: month.proration, days: dayRuns(held.days, month.days, month.after) },
    qty: share.isWhole ? String(held.quantity) : monthShare(held.days.length * held.quantity, total),
    resource_kind: held.resourceKind,
    unit: 'month',
    unit_price_cents: String(held.priceCents),
  };
};

/** Lines at the whole price, once each. */
const whole = (month: Month, all: readonly Held[]): RatedLine[] =>
  all.map((held) =>
    lineFor(month, held, { amount: exactAmount(held.priceCents * held.quantity, held.label), isWhole: true }),
  );

/**
 * Lines by days. All days at one price are rounded once and then divided by largest remainder, so that the parts of a price add up
 * to it: 10.00 in three parts is 10.00, not 9.99.
 */
const byDays = (month: Month, all: readonly Held[], groupOf: (held: Held) => string): RatedLine[] => {
  const total = month.days.length;
  const amounts = new Map<Held, number>();
  for (const group of Map.groupBy(all, groupOf).values()) {
    const { priceCents: price, label } = group[0] ?? { priceCents: 0, label: '' };
    const weights = group.map(({ days, quantity }) => days.length * quantity);
    const sum = weights.reduce((a, b) => a + b, 0);
    const shares = allocate(toWhole(times(fraction(price), fraction(sum, total)), 'half_up', label), weights);
    group.forEach((held, index) => amounts.set(held, shares[index] ?? 0));
  }
  return all.map((held) =>
    lineFor(month, held, { amount: amounts.get(held) ?? 0, isWhole: held.days.length === total }),
  );
};

/** The base of a month. A free plan has its line too, because it names the plan of the deployment. */
export const baseLines = (month: Month): RatedLine[] => {
  const { plan, deployment_id } = month;
  if (plan === null) return [];
  const fields = { kind: 'plan_base', resourceKind: null, quantity: 1 } as const;
  if (month.proration === 'none') {
    const days = [...month.paid];
    const meta = baseMeta(plan);
    return whole(month, [
      { ...fields, key: `${deployment_id}/base`, label: plan.name, priceCents: plan.base_price_cents, days, meta },
    ]);
  }
  const held = month.spans
    .filter(({ state }) => state === 'active')
    .map((span) => ({
      ...fields,
      key: `${deployment_id}/base/${span.plan.code}@${span.plan.version}/${span.first}`,
      label: span.plan.name,
      priceCents: span.plan.base_price_cents,
      days: span.days,
      meta: baseMeta(span.plan),
    }));
  return byDays(month, held, ({ priceCents }) => String(priceCents));
};

const baseMeta = ({ code, version, base_price_cents, own_base, currency }: PlanTerms): RatedLine['meta'] => ({
  ...(own_base === undefined
    ? {}
    : {
        explanation: `Own price of ${formatMoney(base_price_cents, currency)} instead of ${formatMoney(Number(own_base.instead_of), currency)}`,
        own_price: own_base,
      }),
  plan: code,
  version,
});

const heldAddon = ({ addon, days }: Attachment, key: string): Held => ({
  key,
  label: `Addon: ${addon.code}`,
  kind: 'addon',
  resourceKind: addon.kind,
  priceCents: addon.price_cents,
  quantity: addon.quantity,
  days,
  meta: { addon: addon.code, addon_id: addon.addon_id },
});

export const addonLines = (month: Month): RatedLine[] => {
  const chains = month.paidChains;
  const prefix = `${month.deployment_id}/addon`;
  if (month.proration === 'daily') {
    const held = chains.flatMap(({ attachments }) =>
      attachments.map((one) => heldAddon(one, `${prefix}/${one.addon.code}/${one.addon.addon_id}`)),
    );
    return byDays(month, held, ({ label, priceCents }) => `${label}/${priceCents}`);
  }
  // Once per chain, at its last terms.
  const counted = new Map<string, number>();
  const held = chains.flatMap(({ code, attachments }) => {
    const last = attachments.at(-1);
    if (last === undefined) return [];
    const position = (counted.get(code) ?? 0) + 1;
    counted.set(code, position);
    return [heldAddon({ ...last, days: attachments.flatMap(({ days }) => days) }, `${prefix}/${code}/${position}`)];
  });
  return whole(month, held);
};
