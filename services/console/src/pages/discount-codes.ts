import { currencyExponent, invoicing, type RequestOutput, usageKinds, versionOf } from '@arcadia/contracts';
import { centsIn, entered, handleForm, InvalidForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { table } from '../html/table.ts';
import { moneyText } from '../words/money.ts';
import { inSentence, inWords, kindInWords } from '../words/names.ts';
import { timeText } from '../words/time.ts';

type Code = RequestOutput<typeof invoicing.listDiscountCodes>['items'][number];
type Again = (c: HttpContext, attempt: Attempt) => Promise<Response>;

/** Codes that give a discount: the operator makes and ends them, a tenant redeems them. */
export const registerDiscountCodes = (app: HttpApp, { catalog, plans }: { catalog: Again; plans: Again }): void => {
  app.post('/catalog/codes', (c) =>
    handleForm(c, {
      form: 'code',
      run: async (values, sending) => {
        const { code } = await c.get('api').request(invoicing.createDiscountCode, newCodeIn(values) as never, sending);
        return { to: '/catalog#codes', text: `The code ${code} can be redeemed.` };
      },
      again: (attempt) => catalog(c, attempt),
      fieldOf: (pointer) => (pointer === '/amount_cents' ? 'amount' : (pointer.split('/')[1] ?? '')),
    }),
  );
  app.post('/catalog/codes/:code/end', (c) =>
    handleForm(c, {
      form: 'end-code',
      run: async (_, sending) => {
        const { code } = await c.get('api').request(invoicing.endDiscountCode, { code: c.req.param('code') }, sending);
        return { to: '/catalog#codes', text: `The code ${code} is ended. Discounts that it gave stay.` };
      },
      again: (attempt) => catalog(c, attempt),
    }),
  );
  app.post('/plans/redeem', (c) =>
    handleForm(c, {
      form: 'redeem',
      run: async ({ code = '' }, sending) => {
        const discount = await c.get('api').request(invoicing.redeemDiscountCode, { code: code.trim() }, sending);
        return { to: '/', text: `The discount “${discount.name}” holds from ${discount.first_period} on.` };
      },
      again: (attempt) => plans(c, attempt),
    }),
  );
};

const newCodeIn = (values: Values) => {
  const { amount, months, max_redemptions, tenants, currency = 'AUD', ...others } = entered(values);
  const { code, name, on, plan_code, kind, percent } = others;
  const amount_cents = amount === undefined ? null : centsIn(amount, currencyExponent(currency));
  if (amount !== undefined && amount_cents === null)
    throw new InvalidForm({ amount: `Enter an amount in ${currency}, such as 10.00.` });
  const numbers = { months, max_redemptions };
  for (const [field, text] of Object.entries(numbers))
    if (text !== undefined && !/^\d{1,6}$/.test(text)) throw new InvalidForm({ [field]: 'Enter a whole number.' });
  return {
    ...{ code, name, on, currency },
    ...entered({ plan_code: plan_code ?? '', kind: kind ?? '', percent: percent ?? '' }),
    ...(amount_cents === null ? {} : { amount_cents }),
    ...(months === undefined ? {} : { months: Number(months) }),
    ...(max_redemptions === undefined ? {} : { max_redemptions: Number(max_redemptions) }),
    ...(tenants === undefined ? {} : { tenants: tenants.split(/[\s,]+/) }),
  };
};

const targetOf = ({ on, plan_code = '', kind = '' }: Code): string =>
  on === 'plan'
    ? `the base price of ${inWords(plan_code)}`
    : on === 'kind'
      ? inSentence(kindInWords(kind))
      : 'the invoice';

const stateOf = ({ ended_at, max_redemptions, redemptions }: Code): Html => {
  if (ended_at !== null) return badge('archived', 'Ended');
  return max_redemptions !== null && redemptions >= max_redemptions
    ? badge('paused', 'Used up')
    : badge('active', 'Valid');
};

/** The codes with what each gives and to how many tenants it was given. */
export const codeTable = (items: readonly Code[]): Html =>
  table({
    caption: 'Discount codes',
    empty: 'There is no code.',
    rows: items,
    columns: [
      { head: 'Code', isName: true, cell: ({ code, name }) => html`${code}<small>${name}</small>` },
      {
        head: 'Gives',
        cell: (code) =>
          `${code.percent === undefined ? moneyText(code.amount_cents ?? 0, code.currency ?? 'AUD') : `${code.percent} %`} off ${targetOf(code)}`,
      },
      { head: 'For', cell: ({ tenants }) => (tenants === null ? 'every tenant' : tenants.join(', ')) },
      {
        head: 'Given to',
        isFigure: true,
        cell: ({ redemptions, max_redemptions }) =>
          `${redemptions}${max_redemptions === null ? '' : ` of ${max_redemptions}`}`,
      },
      {
        head: 'State',
        cell: (code) =>
          html`${stateOf(code)}${code.redeemable_until === null ? none : html`<small>until ${timeText(code.redeemable_until)}</small>`}`,
      },
      {
        head: '',
        cell: (one) =>
          one.ended_at !== null
            ? ''
            : form({
                name: `end-${one.code}`,
                version: versionOf(invoicing.getDiscountCode, one),
                sends: invoicing.endDiscountCode,
                action: `/catalog/codes/${encodeURIComponent(one.code)}/end`,
                fields: [],
                submit: 'End it',
                attempt: null,
              }),
      },
    ],
  });

/** The form that makes a code. */
export const newCodeForm = (plans: readonly { plan_code: string; name: string }[], attempt: Attempt | null): Html =>
  disclosedForm('Make a code', {
    name: 'code',
    sends: invoicing.createDiscountCode,
    action: '/catalog/codes',
    attempt,
    submit: 'Make the code',
    fields: [
      { name: 'code', label: 'Code', hint: 'Such as SPRING25.', isRequired: true },
      { name: 'name', label: 'Name on invoices', isRequired: true },
      {
        name: 'on',
        label: 'Off',
        kind: 'choice',
        choices: [
          ['invoice', 'the whole invoice'],
          ['plan', 'the base price of a plan'],
          ['kind', 'the usage of a kind above what is included'],
        ],
      },
      {
        name: 'plan_code',
        label: 'Plan',
        hint: 'Only for a base price.',
        kind: 'choice',
        choices: [['', 'none'], ...plans.map(({ plan_code, name }) => [plan_code, name] as const)],
      },
      {
        name: 'kind',
        label: 'Usage',
        hint: 'Only for a kind of usage.',
        kind: 'choice',
        choices: [['', 'none'], ...Object.keys(usageKinds).map((kind) => [kind, kindInWords(kind)] as const)],
      },
      { name: 'percent', label: 'Percentage', hint: 'Such as 10. Or else an amount.', kind: 'number' },
      { name: 'amount', label: 'Amount a month', kind: 'number' },
      { name: 'currency', label: 'Currency of the amount', value: 'AUD' },
      { name: 'months', label: 'For how many months', hint: 'Empty: without end.', kind: 'number' },
      { name: 'max_redemptions', label: 'For how many tenants', hint: 'Empty: no limit.', kind: 'number' },
      { name: 'tenants', label: 'Only for', hint: 'Ids of tenants, separated by commas. Empty: every tenant.' },
    ],
  });

/** The form with which a tenant redeems a code. */
export const redeemForm = (attempt: Attempt | null): Html =>
  form({
    name: 'redeem',
    sends: invoicing.redeemDiscountCode,
    action: '/plans/redeem',
    attempt,
    submit: 'Redeem',
    fields: [{ name: 'code', label: 'Discount code', isRequired: true }],
  });
