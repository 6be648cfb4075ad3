import { Decimal, type invoicing, type metering, monthName, periodInterval, usageKinds } from '@arcadia/contracts';
import type { z } from 'zod';
import { type Line, overageSteps } from './words/line.ts';
import { moneyText, quantityText, unitPriceText } from './words/money.ts';
import { inSentence, inWords, kindInWords, unitInWords, unitOfKind } from './words/names.ts';

type Fact = z.infer<typeof invoicing.evidenceFact>;
type FactLine = Fact['lines'][number];
export type Observation = z.infer<typeof metering.factObservation>;
export type Report = z.infer<typeof metering.factReport>;

/** What one fact counts of one resource. */
export type CountedDay = {
  fact: Fact;
  unitSeconds: Decimal;
  divisor: string;
  quantity: Decimal;
  observations: Observation[];
  reports: Report[];
};

/** What one resource adds to a line. */
export type CountedResource = {
  id: string | null;
  name: string;
  quantity: Decimal;
  unitSeconds: Decimal;
  days: CountedDay[];
};

/** The usage behind a line: resources, their facts by day, and the observations behind each. */
export type EvidenceTree = { resources: CountedResource[]; quantity: Decimal };

/** Arranges the facts behind a line by resource and day. Every sum is exact: unit-seconds are added, and divided once. */
export const evidenceTree = (line: Line, facts: readonly Fact[]): EvidenceTree => {
  const counted = facts.flatMap((fact) =>
    fact.lines.filter(({ kind }) => kind === line.resource_kind).map((one) => ({ fact, one })),
  );
  const groups = Map.groupBy(counted, ({ one }) => one.resource_id ?? `reported:${one.resource_name ?? ''}`);
  const resources = [...groups.values()].map(countedResource);
  resources.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { resources, quantity: sumOf(resources.map(({ quantity }) => quantity)) };
};

const countedResource = (group: { fact: Fact; one: FactLine }[]): CountedResource => {
  const first = group[0]?.one;
  const days = group
    .map(({ fact, one }) => countedDay(fact, one))
    .toSorted((a, b) => (a.fact.period_start < b.fact.period_start ? -1 : 1));
  const byDivisor = [...Map.groupBy(days, ({ divisor }) => divisor)];
  return {
    id: first?.resource_id ?? null,
    name: first?.resource_name ?? first?.resource_id ?? 'Reported usage',
    quantity: sumOf(byDivisor.map(([divisor, own]) => sumOf(own.map(({ unitSeconds }) => unitSeconds)).div(divisor))),
    unitSeconds: sumOf(days.map(({ unitSeconds }) => unitSeconds)),
    days,
  };
};

const countedDay = (fact: Fact, one: FactLine): CountedDay => ({
  fact,
  unitSeconds: new Decimal(one.unit_seconds),
  divisor: one.divisor,
  quantity: new Decimal(one.unit_seconds).div(one.divisor),
  observations: one.observations as unknown as Observation[],
  reports: one.reports as unknown as Report[],
});

const sumOf = (amounts: readonly Decimal[]): Decimal =>
  amounts.reduce((sum, amount) => sum.plus(amount), new Decimal(0));

/** Whether two figures are the same, as far as the shorter one is written out. */
export const isEqual = (a: Decimal, b: Decimal): boolean => {
  const places = Math.min(Math.max(a.decimalPlaces(), b.decimalPlaces()), 9);
  return a.toDecimalPlaces(places).equals(b.toDecimalPlaces(places)) || a.minus(b).abs().lessThan('0.000001');
};

const numbers = [
  'no',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
const numberWord = (count: number): string => numbers[count] ?? count.toLocaleString('en');

/** "three droplets ran all of April", or as much as can be stated about a month in which they came and went. */
const subjectOf = ({ resources }: EvidenceTree, kind: string, period: string): string => {
  const month = monthName(period).split(' ')[0] ?? period;
  const resource = usageKinds[kind]?.resource ?? null;
  if (resource === null || resources.every(({ id }) => id === null)) return `usage was reported in ${month}`;
  const noun = `${inSentence(inWords(resource))}${resources.length === 1 ? '' : 's'}`;
  const { start, end } = periodInterval(period);
  const seconds = start.until(end).total('seconds');
  const ranAll = usageKinds[kind]?.per === 'hour' && resources.every(({ unitSeconds }) => unitSeconds.equals(seconds));
  const verb = ranAll ? 'ran all of' : resources.length === 1 ? 'was counted in' : 'were counted in';
  return `${numberWord(resources.length)} ${noun} ${verb} ${month}`;
};

/**
 * The line in a sentence: "Droplet hours: three droplets ran all of April (2,160 h); 1,488 are included; 672 h × 0.01 AUD =
 * 6.72 AUD".
 */
export const evidenceSentence = (
  line: Line,
  tree: EvidenceTree,
  invoice: { period: string; currency: string },
): string => {
  const kind = line.resource_kind ?? '';
  const unit = unitOfKind(kind) || line.unit;
  const { used, included, over, price } = overageSteps(line, invoice.currency);
  const includedShort = included.replace(` ${unitInWords(unit, '2')}`, '').replace(` ${unitInWords(unit, '1')}`, '');
  const isTiered = Array.isArray(line.meta['tiers']);
  const isPackage = line.meta['charge_model'] === 'package';
  const amount = moneyText(line.amount_cents, invoice.currency);
  const charge = isPackage
    ? `${quantityText(line.qty, line.unit)} × ${unitPriceText(line.unit_price_cents, invoice.currency)} = ${amount}`
    : isTiered
      ? `${over} by tiers = ${amount}`
      : `${over} × ${price.replace(/ each$/, '')} = ${amount}`;
  const free =
    includedShort === '0' ? 'none is included' : `${includedShort} ${includedShort === '1' ? 'is' : 'are'} included`;
  return `${kindInWords(kind)}: ${subjectOf(tree, kind, invoice.period)} (${used}); ${free}; ${charge}`;
};
