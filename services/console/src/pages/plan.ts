import { entityTag, invoicing } from '@arcadia/contracts';
import { entered, handleForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { comparison } from '../html/plan-tables.ts';
import { section, table } from '../html/table.ts';
import { timeOr } from '../words/time.ts';
import { type Plan, pricesHelp, termFault, termField, termFields, termsIn } from './plan-terms.ts';
import { registerPlanVersion } from './plan-version.ts';

type Again = (c: HttpContext, attempt: Attempt) => Promise<Response>;

/** One plan: its version on offer, its other versions, and a new version with other terms. */
export const registerPlan = (app: HttpApp, catalog: Again): void => {
  app.post('/catalog/plans', (c) =>
    handleForm(c, {
      form: 'plan',
      run: async (values, sending) => {
        const plan = await c.get('api').request(invoicing.createPlan, newPlanIn(values), sending);
        if (plan.status !== 'draft') return { to: '/catalog', text: `The plan ${plan.name} is created and on offer.` };
        return {
          to: `/catalog/plans/${plan.plan_code}`,
          text: `The plan ${plan.name} is created as a draft. Publish it to put it on offer.`,
        };
      },
      again: (attempt) => catalog(c, attempt),
      fieldOf: termField,
      detailOf: termFault,
      fieldOfWord: { 'plan-exists': 'plan_code', 'invalid-plan': 'items', 'unknown-tenant': 'offered_to' },
    }),
  );
  app.get('/catalog/plans/:plan', (c) => planPage(c, null));
  app.post('/catalog/plans/:plan', (c) =>
    handleForm(c, {
      form: 'change',
      run: async (values, sending) => {
        const present = await c.get('api').request(invoicing.getPlan, { plan_code: code(c) });
        const plan = await c.get('api').request(invoicing.putPlan, changedPlan(present, values), sending);
        const text =
          plan.version === present.version
            ? `Nothing differs from version ${plan.version}, so it stays.`
            : `Version ${plan.version} of ${plan.name} is on offer. Existing subscriptions keep theirs.`;
        return { to: `/catalog/plans/${code(c)}`, text };
      },
      again: (attempt) => planPage(c, attempt),
      ...refusedTerms,
    }),
  );
  app.post('/catalog/plans/:plan/draft', (c) =>
    handleForm(c, {
      form: 'change',
      run: async (values, { idempotencyKey = '' }) => {
        const present = await c.get('api').request(invoicing.getPlan, { plan_code: code(c) });
        const { name: _, ...terms } = changedPlan(present, values);
        const draft = await c.get('api').request(invoicing.createPlanVersion, terms, { idempotencyKey });
        return {
          to: `/catalog/plans/${code(c)}/versions/${draft.version}`,
          text: `Version ${draft.version} is kept as a draft; tenants see it once it is published.`,
        };
      },
      again: (attempt) => planPage(c, attempt),
      ...refusedTerms,
    }),
  );
  registerPlanVersion(app);
};

const code = (c: HttpContext): string => c.req.param('plan') ?? '';

const refusedTerms = {
  fieldOf: termField,
  detailOf: termFault,
  fieldOfWord: { 'invalid-plan': 'items', 'unknown-kind': 'items', 'unknown-tenant': 'offered_to' },
} as const;

const newPlanIn = (values: Values) => {
  const { plan_code = '', name = '', currency = 'AUD', publish } = entered(values);
  return { ...termsIn(values, currency.toUpperCase()), plan_code, name, publish: publish === 'true' };
};

/** The terms of the version on offer as the form has them. */
const changedPlan = ({ plan_code, currency }: Plan, values: Values) => ({
  ...termsIn(values, currency),
  plan_code,
  name: (values['name'] ?? '').trim(),
});

/** The form that creates a plan. */
export const newPlanForm = (attempt: Attempt | null): Html =>
  disclosedForm(
    'Create a plan',
    {
      name: 'plan',
      sends: invoicing.createPlan,
      action: '/catalog/plans',
      attempt,
      submit: 'Create the plan',
      fields: [
        { name: 'plan_code', label: 'Code', hint: 'Such as studio. It never changes.', isRequired: true },
        { name: 'name', label: 'Name on invoices', isRequired: true },
        { name: 'currency', label: 'Currency', value: 'AUD', isRequired: true },
        ...termFields(null),
        { name: 'publish', label: 'Put it on offer at once', kind: 'tick', value: 'true' },
      ],
    },
    pricesHelp(),
  );

const planPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const plan_code = code(c);
  const versions = (await api.list(invoicing.listPlans, { plan_code })) as Plan[];
  const onOffer = versions.find(({ status }) => status === 'active') ?? null;
  // A plan that does not exist is refused with the sentence of the API.
  const plan = onOffer ?? versions[0] ?? (await api.request(invoicing.getPlan, { plan_code }));
  return show(c, {
    title: plan.name,
    current: '/catalog',
    crumbs: [['Catalog', '/catalog']],
    beside: badge(plan.status),
    lead:
      onOffer === null
        ? 'No version is on offer.'
        : `Version ${onOffer.version}, offered to ${onOffer.offered_to === null ? 'every tenant' : onOffer.offered_to.join(', ')}.`,
    attempt,
    body: html`${onOffer === null ? none : section('On offer', html`${comparison([onOffer], [])}${changeForm(onOffer, attempt)}`)}
${section('Versions', versionTable(versions))}`,
  });
};

const changeForm = (plan: Plan, attempt: Attempt | null): Html =>
  disclosedForm(
    'Change its prices, or to whom it is offered',
    {
      name: 'change',
      sends: invoicing.putPlan,
      action: `/catalog/plans/${plan.plan_code}`,
      attempt,
      version: entityTag(plan),
      submit: 'Put a new version on offer',
      others: [{ submit: 'Keep it as a draft', action: `/catalog/plans/${plan.plan_code}/draft` }],
      fields: [
        {
          name: 'name',
          label: 'Name on invoices',
          hint: 'Of every version; a draft leaves it as it is.',
          value: plan.name,
          isRequired: true,
        },
        ...termFields(plan),
      ],
    },
    html`<p>Existing subscriptions keep their version until they change their plan.</p>${pricesHelp()}`,
  );

const versionTable = (versions: readonly Plan[]): Html =>
  table({
    caption: 'Versions of the plan',
    empty: 'There is no version.',
    rows: versions.toSorted((a, b) => b.version - a.version),
    columns: [
      {
        head: 'Version',
        isName: true,
        cell: ({ plan_code, version }) =>
          html`<a href="/catalog/plans/${plan_code}/versions/${String(version)}">Version ${String(version)}</a>`,
      },
      { head: 'Status', cell: ({ status }) => badge(status) },
      { head: 'Published', cell: ({ published_at }) => timeOr(published_at, 'not yet') },
      { head: 'Retired', cell: ({ retired_at }) => timeOr(retired_at, 'no') },
    ],
  });
