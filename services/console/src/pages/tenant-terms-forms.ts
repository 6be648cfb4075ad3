import { invoicing, type RequestOutput, usageKinds, versionOf } from '@arcadia/contracts';
import { type Attempt, disclosedForm, type Field } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { moneyText } from '../words/money.ts';
import { inWords, kindInWords } from '../words/names.ts';

type Terms = RequestOutput<typeof invoicing.getTenantTerms>;
type Credits = RequestOutput<typeof invoicing.listPrepaidCredits>;
type Plans = RequestOutput<typeof invoicing.listPlans>['items'];

const kindChoices = Object.keys(usageKinds).map((kind) => [kind, kindInWords(kind)] as const);
const planChoices = (plans: Plans) =>
  [...new Map(plans.map(({ plan_code, name }) => [plan_code, name]))].map(([code, name]) => [code, name] as const);

const daysOf = (what: string): Field[] => [
  {
    name: 'from',
    label: 'From',
    kind: 'date',
    hint: `First UTC day of the ${what}. A day in the past corrects invoiced months.`,
    isRequired: true,
  },
  { name: 'until', label: 'Until', kind: 'date', hint: 'First day on which it does not hold any more. Empty: no end.' },
  reason,
];
const reason: Field = {
  name: 'reason',
  label: 'Reason',
  hint: 'Why it was agreed, kept with it. Needed where it lowers the running month or one before it.',
};

/** The forms that add a term and end one. */
export const termForms = (terms: Terms, plans: Plans, attempt: Attempt | null): Html => {
  const { tenant_id, currency } = terms;
  const at = `/tenants/${tenant_id}`;
  const hidden = { currency };
  const version = versionOf(invoicing.getTenantTerms, terms);
  const open = openTerms(terms);
  return html`${disclosedForm('Grant a discount', {
    name: 'discount',
    sends: invoicing.addDiscount,
    action: `${at}/discount`,
    attempt,
    version,
    hidden,
    submit: 'Grant the discount',
    fields: discountForm(plans, currency),
  })}${disclosedForm('Agree on an own price', {
    name: 'price',
    sends: invoicing.addPriceOverride,
    action: `${at}/price`,
    attempt,
    version,
    hidden,
    submit: 'Agree on the price',
    fields: [
      { name: 'plan_code', label: 'Plan', kind: 'choice', choices: planChoices(plans), isRequired: true },
      {
        name: 'kind',
        label: 'Price of',
        kind: 'choice',
        choices: [['', 'A month of the plan, before usage'], ...kindChoices],
      },
      {
        name: 'price',
        label: `Own price, in ${currency}`,
        hint: 'Of a month, such as 40.00; of usage above what is included, such as 0.008.',
        kind: 'number',
        isRequired: true,
      },
      {
        name: 'overage_unit',
        label: 'For how many units',
        hint: 'Of usage only. Empty: as in the plan.',
        kind: 'number',
      },
      ...daysOf('own price'),
    ],
  })}${disclosedForm('Agree on a minimum commitment', {
    name: 'commitment',
    sends: invoicing.addCommitment,
    action: `${at}/commitment`,
    attempt,
    version,
    hidden,
    submit: 'Agree on the commitment',
    fields: [
      {
        name: 'amount',
        label: `At least, in ${currency} a month`,
        hint: 'Before tax, after discounts. What a month lacks is billed.',
        kind: 'number',
        isRequired: true,
      },
      ...daysOf('commitment'),
    ],
  })}${
    open.length === 0
      ? none
      : disclosedForm('End a term', {
          name: 'end-term',
          sends: invoicing.endTenantTerm,
          action: `${at}/end-term`,
          attempt,
          version,
          submit: 'End the term',
          fields: [
            { name: 'term', label: 'Term', kind: 'choice', choices: open, isRequired: true },
            {
              name: 'last',
              label: 'End',
              kind: 'date',
              hint: 'First day on which it does not hold any more; of a discount a day of its last month. Empty: now.',
            },
            { ...reason, isRequired: true },
          ],
        })
  }`;
};

const discountForm = (plans: Plans, currency: string): Field[] => [
  { name: 'code', label: 'Code', hint: 'A code whose terms are granted; then only the months are entered below it.' },
  { name: 'name', label: 'Name on invoices', hint: 'Without a code.' },
  {
    name: 'on',
    label: 'Off',
    kind: 'choice',
    choices: [
      ['', 'As the code has it'],
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
    choices: [['', 'none'], ...planChoices(plans)],
  },
  {
    name: 'kind',
    label: 'Usage',
    hint: 'Only for a kind of usage.',
    kind: 'choice',
    choices: [['', 'none'], ...kindChoices],
  },
  { name: 'percent', label: 'Percentage', hint: 'Such as 10. Or else an amount.', kind: 'number' },
  { name: 'amount', label: `Amount a month, in ${currency}`, kind: 'number' },
  { name: 'first_period', label: 'First month', hint: 'Empty: the present month.', kind: 'month' },
  { name: 'last_period', label: 'Last month', hint: 'Empty: no end.', kind: 'month' },
  reason,
];

/** The terms that were not ended, each as a choice. */
const openTerms = ({ discounts, price_overrides, commitments, currency }: Terms): (readonly [string, string])[] => [
  ...discounts
    .filter(({ ended_by }) => ended_by === null)
    .map(({ discount_id, name }) => [`discount:${discount_id}`, `Discount ${name}`] as const),
  ...price_overrides
    .filter(({ ended_by }) => ended_by === null)
    .map(
      ({ override_id, plan_code, kind }) =>
        [
          `price:${override_id}`,
          `Own price of ${inWords(plan_code)}${kind === undefined ? '' : `, ${kindInWords(kind)}`}`,
        ] as const,
    ),
  ...commitments
    .filter(({ ended_by }) => ended_by === null)
    .map(
      ({ commitment_id, amount_cents }) =>
        [`commitment:${commitment_id}`, `Minimum commitment of ${moneyText(amount_cents, currency)}`] as const,
    ),
];

/** The forms that add credit and withdraw what is left of one. */
export const creditForms = ({ tenant_id, currency, items }: Credits, attempt: Attempt | null): Html => {
  const left = items.filter(({ balance_cents, ended_by }) => balance_cents > 0 && ended_by === null);
  return html`${disclosedForm('Add prepaid credit', {
    name: 'credit',
    sends: invoicing.createPrepaidCredit,
    action: `/tenants/${tenant_id}/credit`,
    attempt,
    hidden: { currency },
    submit: 'Add the credit',
    fields: [
      {
        name: 'origin',
        label: 'Origin',
        kind: 'choice',
        choices: [
          ['paid', 'Paid in advance: pays invoices after tax'],
          ['granted', 'Granted: lowers invoices before tax'],
        ],
      },
      { name: 'name', label: 'Name on invoices', isRequired: true },
      { name: 'amount', label: `Amount, in ${currency}`, kind: 'number', isRequired: true },
      { name: 'reference', label: 'Payment reference', hint: 'Of a paid one, such as the bank’s reference.' },
      { name: 'from', label: 'Valid from', hint: 'Empty: today.', kind: 'date' },
      { name: 'expires_on', label: 'Expires', hint: 'Empty: never.', kind: 'date' },
      reason,
    ],
  })}${
    left.length === 0
      ? none
      : disclosedForm('Withdraw the rest of a credit', {
          name: 'end-credit',
          sends: invoicing.endPrepaidCredit,
          action: `/tenants/${tenant_id}/end-credit`,
          attempt,
          version: null,
          submit: 'Withdraw the rest',
          isDangerous: true,
          fields: [
            {
              name: 'credit_id',
              label: 'Credit',
              kind: 'choice',
              isRequired: true,
              choices: left.map(
                ({ credit_id, name, balance_cents }) =>
                  [credit_id, `${name}, ${moneyText(balance_cents, currency)} left`] as const,
              ),
            },
            { ...reason, isRequired: true },
          ],
        })
  }`;
};

/** The form that adjusts the next invoice by a line of its own. */
export const lineForm = (
  { tenant_id, currency }: Pick<Terms, 'tenant_id' | 'currency'>,
  attempt: Attempt | null,
): Html =>
  disclosedForm('Add a line to the next invoice', {
    name: 'line',
    sends: invoicing.addManualLine,
    action: `/tenants/${tenant_id}/line`,
    attempt,
    hidden: { currency },
    submit: 'Add the line',
    fields: [
      { name: 'description', label: 'Text on the invoice', isRequired: true },
      { name: 'qty', label: 'Quantity', hint: 'Empty: 1.', kind: 'number' },
      { name: 'unit', label: 'Unit', hint: 'Such as hour. Empty: piece.' },
      {
        name: 'price',
        label: `Price of a unit, in ${currency}`,
        hint: 'Without tax. Negative for a credit, such as -25.00.',
        kind: 'number',
        isRequired: true,
      },
      { name: 'period', label: 'Month', hint: 'Empty: the present month.', kind: 'month' },
    ],
  });
