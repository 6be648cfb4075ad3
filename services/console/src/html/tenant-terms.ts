import { dayName, type invoicing, monthName, type RequestOutput } from '@arcadia/contracts';
import { money, moneyText, unitPriceText } from '../words/money.ts';
import { inSentence, inWords, kindInWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { type Html, html, none } from './html.ts';
import { table } from './table.ts';

type Terms = RequestOutput<typeof invoicing.getTenantTerms>;
type Credits = RequestOutput<typeof invoicing.listPrepaidCredits>;
type Ledger = RequestOutput<typeof invoicing.getPrepaidLedger>['items'];
type Row = { what: string; rule: string; since: string; until: string; note: string };

const byDays = ({ from, until }: { from: string; until: string | null }): Pick<Row, 'since' | 'until'> => ({
  since: dayName(from),
  until: until === null ? 'no end' : `before ${dayName(until)}`,
});

const noteOf = ({ reason, end_reason }: { reason: string | null; end_reason: string | null }): string =>
  [reason, end_reason === null ? null : `ended: ${end_reason}`].filter((text) => text !== null).join('; ');

const rowsOf = ({ discounts, price_overrides, commitments, currency }: Terms): Row[] => [
  ...price_overrides.map((term) => {
    const { plan_code, base_price_cents, kind, overage_price_cents, overage_unit } = term;
    const per = overage_unit === undefined || overage_unit === '1' ? '' : ` for every ${overage_unit}`;
    const price =
      base_price_cents === undefined
        ? `${unitPriceText(overage_price_cents ?? '0', currency)}${per} for ${inSentence(kindInWords(kind ?? ''))}`
        : `${moneyText(base_price_cents, currency)} a month`;
    const of = term.subscription_id === null ? '' : ', one subscription';
    return { what: `Own price, plan ${inWords(plan_code)}${of}`, rule: price, ...byDays(term), note: noteOf(term) };
  }),
  ...discounts.map((term) => {
    const { on, plan_code = '', kind = '', percent, amount_cents = 0, code, name, last_period } = term;
    const target =
      on === 'plan'
        ? `the base price of ${inWords(plan_code)}`
        : on === 'kind'
          ? kindInWords(kind)
          : 'the whole invoice';
    const rule = `${percent === undefined ? moneyText(amount_cents, currency) : `${percent} %`} off ${inSentence(target)}`;
    return {
      what: `Discount ${name}${code === null ? '' : `, code ${code}`}`,
      rule,
      since: monthName(term.first_period),
      until: last_period === null ? 'no end' : monthName(last_period),
      note: noteOf(term),
    };
  }),
  ...commitments.map((term) => ({
    what: 'Minimum commitment',
    rule: `at least ${moneyText(term.amount_cents, currency)} a month`,
    ...byDays(term),
    note: noteOf(term),
  })),
];

/** The terms that a tenant has of its own. */
export const termsTable = (terms: Terms): Html =>
  table({
    caption: 'Own prices, discounts and minimum commitments',
    empty: 'There are no terms besides the plans.',
    rows: rowsOf(terms),
    columns: [
      {
        head: 'Term',
        isName: true,
        cell: ({ what, note }) => html`${what}${note === '' ? none : html`<small>${note}</small>`}`,
      },
      { head: 'Rule', cell: ({ rule }) => rule },
      { head: 'From', cell: ({ since }) => since },
      { head: 'Until', cell: ({ until }) => until },
    ],
  });

/** The prepaid credits of a tenant with what is left of each. */
export const creditsTable = ({ items, currency, balance_cents }: Credits): Html =>
  table({
    caption: 'Prepaid credit',
    empty: 'There is no prepaid credit.',
    rows: items,
    columns: [
      {
        head: 'Credit',
        isName: true,
        cell: ({ name, origin, reference }) =>
          html`${name}<small>${origin === 'granted' ? 'granted, before tax' : `paid: ${reference ?? ''}`}</small>`,
      },
      { head: 'Valid from', cell: ({ from }) => dayName(from) },
      { head: 'Expires', cell: ({ expires_on }) => (expires_on === null ? 'never' : dayName(expires_on)) },
      { head: 'Amount', isFigure: true, cell: ({ amount_cents }) => money(amount_cents, currency) },
      { head: 'Drawn', isFigure: true, cell: ({ drawn_cents }) => money(drawn_cents, currency) },
      { head: 'Left', isFigure: true, cell: (row) => money(row.balance_cents, currency) },
    ],
    ...(items.length < 2 ? {} : { total: ['All', '', '', '', '', money(balance_cents, currency)] }),
  });

const entryNames = {
  credit: 'Credit',
  draw: 'Drawn by an invoice',
  expiry: 'Expired',
  withdrawal: 'Withdrawn',
} as const;

/** The changes of the prepaid balance, newest first. */
export const ledgerTable = (items: Ledger, currency: string): Html =>
  items.length === 0
    ? none
    : table({
        caption: 'Changes of the prepaid balance',
        isCaptionShown: true,
        empty: 'Nothing has changed yet.',
        rows: items,
        columns: [
          { head: 'When', cell: ({ at }) => time(at) },
          {
            head: 'Entry',
            isName: true,
            cell: ({ kind, name, period, invoice_id }) =>
              html`${entryNames[kind]}: ${name}${invoice_id === null || period === null ? none : html` <a href="/invoices/${invoice_id}">${monthName(period)}</a>`}`,
          },
          { head: 'Amount', isFigure: true, cell: ({ amount_cents }) => money(amount_cents, currency) },
          { head: 'Balance', isFigure: true, cell: (entry) => money(entry.balance_cents, currency) },
        ],
      });
