import { Decimal, type drift, type RequestOutput } from '@arcadia/contracts';
import { all, type Html, html, joined } from '../html/html.ts';
import { decimalMoney } from './money.ts';
import { inWords } from './names.ts';

export type Drift = RequestOutput<typeof drift.getDrift>;

/** The states of a difference, in words. */
export const driftStatuses = [
  ['open', 'Open'],
  ['accepted', 'Accepted'],
  ['reverted', 'Reverted'],
  ['stale', 'Gone by itself'],
] as const satisfies readonly (readonly [Drift['status'], string])[];

export const statusInWords = (status: Drift['status']): string =>
  new Map<string, string>(driftStatuses).get(status) ?? inWords(status);

/** What these differences cost a month together, by currency; null where no price is known. */
export const monthlySum = (items: readonly Drift[]): Html | null => {
  const known = items.flatMap(({ monthly_cost }) => (monthly_cost === null ? [] : [monthly_cost]));
  if (known.length === 0) return null;
  const sums = [...Map.groupBy(known, ({ currency }) => currency)].map(([currency, own]) =>
    decimalMoney(own.reduce((sum, { amount }) => sum.plus(amount), new Decimal(0)).toFixed(), currency),
  );
  return all([joined(sums, ', ')]);
};

/** A value of a resource in words. */
export const valueInWords = (value: unknown): string => {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueInWords).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** What differs, in a sentence. */
export const driftSentence = (row: Drift): string => {
  const name = row.resource_name ?? row.provider_id;
  if (row.kind === 'missing') return `${name} was provisioned, and has been deleted.`;
  if (row.kind === 'unmanaged') return `${name} runs and is billed, but belongs to no deployment.`;
  return `${inWords(row.field)} of ${name} is ${valueInWords(row.actual)}, expected ${valueInWords(row.expected)}.`;
};

/** What a difference costs a month more or less. */
export const monthlyCost = ({ monthly_cost }: Drift): Html | string => {
  if (monthly_cost === null) return 'no price known';
  const sign = monthly_cost.amount.startsWith('-') || /^0*(\.0*)?$/.test(monthly_cost.amount) ? '' : '+';
  return html`${sign}${decimalMoney(monthly_cost.amount, monthly_cost.currency)}`;
};
