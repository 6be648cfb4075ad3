import { currencyExponent, formatMinor, invoicing, type RequestOutput, usageKinds } from '@arcadia/contracts';
import { centsIn, entered, handleForm, InvalidForm, minorIn, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm, type Field } from '../html/form.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { comparison } from '../html/plan-tables.ts';
import { section } from '../html/table.ts';

type Plan = RequestOutput<typeof invoicing.getPlan>;
type Again = (c: HttpContext, attempt: Attempt) => Promise<Response>;

/** One plan: its version on offer, and a new version with another price or for other tenants. */
export const registerPlan = (app: HttpApp, catalog: Again): void => {
  app.post('/catalog/plans', (c) =>
    handleForm(c, {
      form: 'plan',
      run: async (values, sending) => {
        const plan = await c.get('api').request(invoicing.createPlan, newPlanIn(values), sending);
        const state = plan.status === 'draft' ? 'is created as a draft' : 'is created and on offer';
        return { to: '/catalog', text: `The plan ${plan.name} ${state}.` };
      },
      again: (attempt) => catalog(c, attempt),
      fieldOf,
    }),
  );
  app.get('/catalog/plans/:plan', (c) => planPage(c, null));
  app.post('/catalog/plans/:plan', (c) =>
    handleForm(c, {
      form: 'change',
      run: async (values, sending) => {
        const { answer } = await c.get('api').read(invoicing.getPlan, { plan_code: code(c) });
        const plan = await c.get('api').request(invoicing.putPlan, changedPlan(answer, values), sending);
        const text =
          plan.version === answer.version
            ? `Nothing differs from version ${plan.version}, so it stays.`
            : `Version ${plan.version} of ${plan.name} is on offer. Existing subscriptions keep theirs.`;
        return { to: `/catalog/plans/${code(c)}`, text };
      },
      again: (attempt) => planPage(c, attempt),
      fieldOf,
    }),
  );
};

const code = (c: HttpContext): string => c.req.param('plan') ?? '';

const fieldOf = (pointer: string): string => {
  const name = pointer.split('/')[1] ?? '';
  return name === 'base_price_cents' ? 'price' : name;
};

/** The tenants of a field: ids apart by commas, spaces or lines; null for everybody. */
const tenantsIn = (text: string): string[] | null => {
  const ids = text.split(/[\s,]+/).filter(Boolean);
  return ids.length === 0 ? null : [...new Set(ids)];
};

const priceIn = (text: string, currency: string): number => {
  const cents = centsIn(text, currencyExponent(currency));
  if (cents === null || cents < 0) throw new InvalidForm({ price: `Enter an amount in ${currency}, such as 49.00.` });
  return cents;
};

const newPlanIn = (values: Values) => {
  const { plan_code = '', name = '', currency = 'AUD', price = '', proration, items = '', publish } = entered(values);
  return {
    plan_code,
    name,
    currency: currency.toUpperCase(),
    base_price_cents: priceIn(price, currency.toUpperCase()),
    proration: proration === 'daily' ? ('daily' as const) : ('none' as const),
    items: itemsIn(items, currency.toUpperCase()),
    offered_to: tenantsIn(values['offered_to'] ?? ''),
    publish: publish === 'true',
  };
};

/** The items of a plan, one in a line: kind, included quantity, and the price of a unit beyond it. Throws InvalidForm. */
const itemsIn = (text: string, currency: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [kind = '', included_qty = '', price, ...rest] = line.split(/\s+/);
      const overage_price_cents = price === undefined ? null : minorIn(price, currencyExponent(currency));
      const isWrong =
        !/^\d{1,12}(\.\d{1,12})?$/.test(included_qty) || (price !== undefined && overage_price_cents === null);
      if (isWrong || rest.length > 0)
        throw new InvalidForm({
          items: `“${line}” is not a kind, a quantity and a price, such as droplet_hours 744 0.01.`,
        });
      return { kind, included_qty, overage_price_cents };
    });

/** The terms of the version on offer with what the form changes. */
const changedPlan = (plan: Plan, values: Values) => {
  const { plan_code, currency, items, provider_bill } = plan;
  return {
    plan_code,
    name: (values['name'] ?? '').trim(),
    currency,
    items,
    ...(provider_bill === undefined ? {} : { provider_bill }),
    base_price_cents: priceIn(values['price'] ?? '', currency),
    proration: values['proration'] === 'daily' ? ('daily' as const) : ('none' as const),
    offered_to: tenantsIn(values['offered_to'] ?? ''),
  };
};

const prorationField = (value: string): Field => ({
  name: 'proration',
  label: 'A part of a month',
  kind: 'choice',
  value,
  choices: [
    ['none', 'counts as a whole month'],
    ['daily', 'counts by its days'],
  ],
});

const offeredField = (value: string): Field => ({
  name: 'offered_to',
  label: 'Offered to',
  hint: 'Ids of tenants, separated by commas. Empty: every tenant.',
  value,
});

/** The form that creates a plan. */
export const newPlanForm = (attempt: Attempt | null): Html =>
  disclosedForm('Create a plan', {
    name: 'plan',
    sends: invoicing.createPlan,
    action: '/catalog/plans',
    attempt,
    submit: 'Create the plan',
    fields: [
      { name: 'plan_code', label: 'Code', hint: 'Such as studio. It never changes.', isRequired: true },
      { name: 'name', label: 'Name on invoices', isRequired: true },
      { name: 'currency', label: 'Currency', value: 'AUD', isRequired: true },
      {
        name: 'price',
        label: 'Price of a month',
        hint: 'Before usage, such as 49.00.',
        kind: 'number',
        isRequired: true,
      },
      prorationField('none'),
      {
        name: 'items',
        label: 'Usage',
        kind: 'area',
        hint: `In each line a kind, what is included of it in a month, and the price of a unit beyond that: droplet_hours 744 0.01. Without a price, the price list holds. Kinds: ${Object.keys(usageKinds).slice(0, 4).join(', ')} …`,
      },
      offeredField(''),
      { name: 'publish', label: 'Put it on offer at once', kind: 'tick', value: 'true' },
    ],
  });

const planPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const { answer: plan, version } = await c.get('api').read(invoicing.getPlan, { plan_code: code(c) });
  return show(c, {
    title: plan.name,
    current: '/catalog',
    crumbs: [['Catalog', '/catalog']],
    beside: badge(plan.status),
    lead: `Version ${plan.version}, offered to ${plan.offered_to === null ? 'every tenant' : plan.offered_to.join(', ')}.`,
    attempt,
    body: html`${section('On offer', comparison([plan], []))}
${section(
  'Change',
  disclosedForm(
    'Put a new version on offer',
    {
      name: 'change',
      sends: invoicing.putPlan,
      action: `/catalog/plans/${plan.plan_code}`,
      attempt,
      version,
      submit: 'Put it on offer',
      fields: [
        { name: 'name', label: 'Name on invoices', value: plan.name, isRequired: true },
        {
          name: 'price',
          label: `Price of a month, in ${plan.currency}`,
          kind: 'number',
          value: formatMinor(plan.base_price_cents, plan.currency),
          isRequired: true,
        },
        prorationField(plan.proration),
        offeredField(plan.offered_to?.join(', ') ?? ''),
      ],
    },
    html`<p>Prices of usage stay as they are. Existing subscriptions keep their version.</p>`,
  ),
)}`,
  });
};
