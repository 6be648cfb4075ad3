import type { LineKind, RatedLine } from './rated-line.ts';

const charges: ReadonlySet<LineKind> = new Set<LineKind>(['plan_base', 'addon', 'overage']);
const terms: ReadonlySet<LineKind> = new Set<LineKind>(['discount', 'commitment']);

/** Whether a line charges the month's plan, addons or usage: what discounts lower and a minimum commitment counts. */
export const isCharge = ({ kind }: Pick<RatedLine, 'kind'>): boolean => charges.has(kind);

/** Whether a line comes from the month's terms and usage; other lines belong to the invoice they are on. */
export const isOfTheMonth = ({ kind }: Pick<RatedLine, 'kind'>): boolean => charges.has(kind) || terms.has(kind);

export const sumOf = (lines: readonly Pick<RatedLine, 'amount_cents'>[]): number =>
  lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0);
