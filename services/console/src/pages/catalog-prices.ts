import { currencyExponent, dayName, invoicing, type RequestOutput, usageKinds } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { entered, handleForm, InvalidForm, minorIn, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { type Column, table } from '../html/table.ts';
import { grouped, quantityText, unitPriceText } from '../words/money.ts';
import { countOf, kindInWords, unitOfKind } from '../words/names.ts';
import { time } from '../words/time.ts';

type Price = RequestOutput<typeof invoicing.listPrices>['items'][number];
type ListPrice = RequestOutput<typeof invoicing.listListPrices>['items'][number];
type Again = (c: HttpContext, attempt: Attempt) => Promise<Response>;

/** The billing kinds as choices of a form. */
export const kindChoices = Object.keys(usageKinds).map((kind) => [kind, kindInWords(kind)] as const);

/** Fallback prices and the provider's list prices: each is set by a form of the catalog. */
export const registerCatalogPrices = (app: HttpApp, again: Again): void => {
  const command = (
    name: string,
    run: (c: HttpContext, values: Values, sending: Sending) => Promise<string>,
    fields: Readonly<Record<string, string>>,
  ): void => {
    app.post(`/catalog/${name}`, (c) =>
      handleForm(c, {
        form: name,
        run: async (values, sending) => ({ to: `/catalog#${name}s`, text: await run(c, values, sending) }),
        again: (attempt) => again(c, attempt),
        fieldOf: (pointer) => fields[pointer.split('/')[1] ?? ''] ?? pointer.split('/')[1] ?? '',
        fieldOfWord: refusedFields,
      }),
    );
  };
  command(
    'price',
    async (c, values, sending) => {
      const { kind, valid_from } = await c.get('api').request(invoicing.putPrice, priceIn(values) as never, sending);
      return `The price of ${kindInWords(kind)} holds from ${dayName(valid_from)} on.`;
    },
    { unit_price_cents: 'price' },
  );
  command(
    'list-price',
    async (c, { csv = '' }, sending) => {
      if (csv.trim() === '') throw new InvalidForm({ csv: 'Choose a file, or paste its lines.' });
      const { prices } = await c.get('api').request(invoicing.putListPrices, { csv }, sending);
      return `${countOf(prices.length, 'list price')} ${prices.length === 1 ? 'is' : 'are'} loaded.`;
    },
    { prices: 'csv' },
  );
};

const refusedFields = {
  'unknown-kind': 'kind',
  'unknown-dimension': 'dimension',
  'invalid-price': 'price',
  'period-invoiced': 'valid_from',
  'invalid-file': 'csv',
} as const;

const priceIn = (values: Values) => {
  const { kind, dimension, charge_model, mark_up_percent, valid_from, overage_unit, ...others } = entered(values);
  const { price = '0', currency = 'AUD' } = others;
  const unit_price_cents = minorIn(price, currencyExponent(currency.toUpperCase()));
  if (unit_price_cents === null) throw new InvalidForm({ price: `Enter a price in ${currency}, such as 0.01.` });
  const given = { kind, dimension, charge_model, mark_up_percent, valid_from, overage_unit };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...{ unit_price_cents, currency: currency.toUpperCase() },
  };
};

/** The prices of kinds that a plan does not price. */
export const priceTable = (items: readonly Price[]): Html =>
  table({
    caption: 'Fallback prices',
    empty: 'There is no such price: usage that no plan prices is not billed.',
    rows: items,
    columns: priceColumns,
  });

/** The prices that others of the same day have replaced; nothing where there are none. */
export const replacedPrices = (items: readonly Price[]): Html =>
  items.length === 0
    ? none
    : html`<details><summary>Replaced prices</summary>${table({
        caption: 'Fallback prices that were replaced, the latest first',
        empty: '',
        rows: items,
        columns: [
          ...priceColumns,
          {
            head: 'Replaced',
            cell: ({ replaced_by, replaced_at }) =>
              html`${replaced_at === null ? none : time(replaced_at)}<small>by ${replaced_by ?? ''}</small>`,
          },
        ],
      })}</details>`;

const priceColumns: readonly Column<Price>[] = [
  {
    head: 'Kind',
    isName: true,
    cell: ({ kind, dimension }) =>
      html`${kindInWords(kind)}${dimension === undefined ? none : html`<small>${dimension}</small>`}`,
  },
  { head: 'From', cell: ({ valid_from }) => (valid_from === '2000-01-01' ? 'always' : dayName(valid_from)) },
  {
    head: 'Price',
    isFigure: true,
    cell: ({ unit_price_cents, overage_unit, currency, kind, mark_up_percent }) => {
      const own = `${unitPriceText(unit_price_cents, currency)} for ${quantityText(overage_unit, unitOfKind(kind))}`;
      if (mark_up_percent === undefined) return own;
      const listed = mark_up_percent === '0' ? 'the list price' : `the list price and ${mark_up_percent} %`;
      return unit_price_cents === '0' ? listed : `${listed}, and ${own}`;
    },
  },
];

/** The form that sets a fallback price. */
export const priceForm = (attempt: Attempt | null): Html =>
  disclosedForm(
    'Set a price',
    {
      name: 'price',
      sends: invoicing.putPrice,
      version: null,
      action: '/catalog/price',
      attempt,
      submit: 'Set the price',
      fields: [
        { name: 'kind', label: 'Usage', kind: 'choice', choices: kindChoices, isRequired: true },
        {
          name: 'dimension',
          label: 'Size',
          hint: 'Only for this size, such as s-2vcpu-4gb, or for those that begin so: g-*. Empty: every size.',
        },
        { name: 'price', label: 'Price', hint: 'Such as 0.01.', kind: 'number' },
        { name: 'overage_unit', label: 'For how many units', hint: 'Empty: one.', kind: 'number' },
        { name: 'currency', label: 'Currency', value: 'AUD', isRequired: true },
        {
          name: 'charge_model',
          label: 'How it is charged',
          kind: 'choice',
          choices: [
            ['standard', 'by this price'],
            ['cost_plus', 'by the list price of the provider with a mark-up, plus this price'],
          ],
        },
        {
          name: 'mark_up_percent',
          label: 'Mark-up in per cent',
          hint: 'Only with the list price of the provider.',
          kind: 'number',
        },
        { name: 'valid_from', label: 'From', hint: 'A UTC day. Empty: today.', kind: 'date' },
      ],
    },
    html`<p>It holds until the next price of the same kind and size. Days that are invoiced keep theirs.</p>`,
  );

/** The provider's list prices, from which prices with a mark-up are computed. */
export const listPriceTable = (items: readonly ListPrice[], isWhole: boolean): Html =>
  html`${table({
    caption: 'List prices of the provider',
    empty: 'No list price is known. Prices with a mark-up need one: load a file of them.',
    rows: items,
    columns: [
      {
        head: 'Kind',
        isName: true,
        cell: ({ kind, dimension }) =>
          html`${kindInWords(kind)}${dimension === undefined ? none : html`<small>${dimension}</small>`}`,
      },
      { head: 'From', cell: ({ valid_from }) => dayName(valid_from) },
      { head: 'Known by', cell: ({ source }) => (source === 'provider' ? 'the provider’s list' : 'an operator') },
      {
        head: 'Price',
        isFigure: true,
        cell: ({ price_monthly, unit_price, currency, kind }) =>
          price_monthly === undefined
            ? `${grouped(unit_price ?? '0')} ${currency} for ${quantityText('1', unitOfKind(kind))}`
            : `${grouped(price_monthly)} ${currency} a month`,
      },
    ],
  })}${isWhole ? none : html`<p class="quiet">These are the first ${String(items.length)}.</p>`}`;

/** The form that loads a file of list prices. */
export const listPriceForm = (attempt: Attempt | null): Html =>
  disclosedForm(
    'Load list prices',
    {
      name: 'list-price',
      sends: invoicing.putListPrices,
      action: '/catalog/list-price',
      attempt,
      submit: 'Load them',
      fields: [
        {
          name: 'csv',
          label: 'CSV file',
          hint: 'Choose a file, or paste its lines: the columns kind, dimension, price_monthly and unit_price, and optionally valid_from and currency.',
          kind: 'area',
          rows: 6,
          isFile: true,
        },
      ],
    },
    html`<p>All of them are loaded, or none. Sizes of droplets are read from the provider’s own list.</p>`,
  );
