import { currencyExponent, formatMinor, type invoicing, type RequestOutput, usageKinds } from '@arcadia/contracts';
import type { Fault } from '@arcadia/gateway-client';
import { centsIn, InvalidForm, type Values } from '../command.ts';
import type { Field } from '../html/form.ts';
import { type Html, html } from '../html/html.ts';
import { type PriceItem, priceItemLines, priceItemsIn } from '../words/price-items.ts';

export type Plan = RequestOutput<typeof invoicing.getPlan>;

/** The field that a JSON pointer of the API names. */
export const termField = (pointer: string): string => {
  const name = pointer.split('/')[1] ?? '';
  return name === 'base_price_cents' ? 'price' : name;
};

/** A fault of a price of usage names its line. */
export const termFault = ({ pointer, detail }: Fault): string => {
  const [, index, field] = /^\/items\/(\d+)(?:\/(.+))?$/.exec(pointer) ?? [];
  return index === undefined
    ? detail
    : `Price ${Number(index) + 1}${field === undefined ? '' : `, ${field}`}: ${detail}`;
};

/** The tenants of a field: ids apart by commas, spaces or lines; null for everybody. */
const tenantsIn = (text: string): string[] | null => {
  const ids = text.split(/[\s,]+/).filter(Boolean);
  return ids.length === 0 ? null : [...new Set(ids)];
};

/** The terms that a form holds. Throws InvalidForm. */
export const termsIn = (values: Values, currency: string) => {
  const { price = '', proration, items = '', offered_to = '', provider_bill } = values;
  const cents = centsIn(price, currencyExponent(currency));
  const read = priceItemsIn(items, currency);
  const faults = {
    ...(cents === null || cents < 0 ? { price: `Enter an amount in ${currency}, such as 49.00.` } : {}),
    ...(typeof read === 'string' ? { items: read } : {}),
  };
  if (cents === null || cents < 0 || typeof read === 'string') throw new InvalidForm(faults);
  const isPassing = read.some(({ charge_model }) => charge_model === 'pass_through');
  return {
    currency,
    base_price_cents: cents,
    proration: proration === 'daily' ? ('daily' as const) : ('none' as const),
    items: read.map(givenItem),
    offered_to: tenantsIn(offered_to),
    ...(isPassing ? { provider_bill: provider_bill === 'adjust' ? ('adjust' as const) : ('wait' as const) } : {}),
  };
};

/** An item without the parts that other charge models have. */
const givenItem = ({ tiers, ...item }: PriceItem) => ({ ...item, ...(tiers === null ? {} : { tiers }) });

/** The fields of the terms of a plan, with those of a version. */
export const termFields = (plan: Plan | null): Field[] => [
  {
    name: 'price',
    label: plan === null ? 'Price of a month' : `Price of a month, in ${plan.currency}`,
    hint: 'Before usage, such as 49.00.',
    kind: 'number',
    value: plan === null ? '' : formatMinor(plan.base_price_cents, plan.currency),
    isRequired: true,
  },
  {
    name: 'proration',
    label: 'A part of a month',
    kind: 'choice',
    value: plan?.proration ?? 'none',
    choices: [
      ['none', 'counts as a whole month'],
      ['daily', 'counts by its days'],
    ],
  },
  {
    name: 'items',
    label: 'Prices of usage',
    kind: 'area',
    rows: 10,
    hint: 'One in a line: the kind, what a month includes of it, and the price of a unit beyond that. Without a price, the price list holds.',
    value: plan === null ? '' : priceItemLines(plan.items, plan.currency),
  },
  {
    name: 'provider_bill',
    label: 'Where the bill of the provider is passed through',
    kind: 'choice',
    value: plan?.provider_bill ?? 'wait',
    choices: [
      ['wait', 'the invoice waits for it'],
      ['adjust', 'it follows as an adjustment'],
    ],
  },
  {
    name: 'offered_to',
    label: 'Offered to',
    hint: 'Ids of tenants, separated by commas. Empty: every tenant.',
    value: plan?.offered_to?.join(', ') ?? '',
  },
];

const examples: readonly (readonly [line: string, meaning: string])[] = [
  ['droplet_hours 744 0.01', '744 hours are included, each further one costs 0.01'],
  ['llm_input_tokens 1000000 4.00 per 1000000', 'the price is for a million tokens'],
  ['droplet_hours 0 0.09 size g-*', 'for the sizes that begin with g-'],
  ['bandwidth_gb 1000 0.02 cap 5000', 'reported usage above 5,000 in a month is refused'],
  [
    'bandwidth_gb 0 graduated 1000=0.02 rest=0.01',
    'each tier prices its own part; volume: the reached tier prices all',
  ],
  ['llm_input_tokens 0 5.00 per 1000000 package', 'each started million is charged whole'],
  ['droplet_hours 0 0.01 sizes s-1vcpu-2gb=0.02 g-*=0.09', 'each size has its price, every other one the first'],
  ['droplet_hours 0 mark-up 20', 'the list price of the provider and 20 %'],
  ['droplet_hours 0 bill 10', 'what the bill of the provider charges and 10 %'],
];

/** How prices of usage are written, to be opened beside the form. */
export const pricesHelp = (): Html =>
  html`<details class="help"><summary>How prices of usage are written</summary><dl class="examples">${examples.map(([line, meaning]) => html`<div><dt><code>${line}</code></dt><dd>${meaning}</dd></div>`)}</dl><p>Kinds: ${Object.keys(usageKinds).join(', ')}</p></details>`;
