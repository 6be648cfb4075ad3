import { dayName, entityTag, invoicing, monthName, provisioning, type RequestOutput } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { part, shown, valueOf } from '../html/part.ts';
import { type Addon, addonTable, comparison, type Plan } from '../html/plan-tables.ts';
import { section, table } from '../html/table.ts';
import { maySend } from '../permission.ts';
import { calculation, lineTitle } from '../words/line.ts';
import { money, payable } from '../words/money.ts';
import { inWords } from '../words/names.ts';
import { time } from '../words/time.ts';

import { catalogPage } from './catalog.ts';
import { redeemForm, registerDiscountCodes } from './discount-codes.ts';

type Subscription = RequestOutput<typeof invoicing.listSubscriptions>['items'][number];

/** The plans on offer, and a quote before a change. */
export const registerPlans = (app: HttpApp): void => {
  app.get('/plans', (c) => plansPage(c, null));
  registerDiscountCodes(app, { catalog: catalogPage, plans: plansPage });
  app.get('/plans/change', (c) => changePage(c, null));
  app.post('/plans/change', (c) =>
    handleForm(c, {
      form: 'change',
      run: (values, sending) => change(c, values, sending),
      again: (attempt) => changePage(c, attempt),
    }),
  );
};

const plansPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const [plans, addons, subscriptions, deployments] = await Promise.all([
    part(api.list(invoicing.listPlans, { status: 'active' })),
    part(api.list(invoicing.listAddons, {})),
    part(api.request(invoicing.listSubscriptions, { limit: 200 })),
    part(api.request(provisioning.listDeployments, { limit: 200 })),
  ]);
  return show(c, {
    title: 'Plans',
    current: '/plans',
    attempt,
    body: html`${section(
      'Your deployments',
      shown(deployments, ({ items }) => shown(subscriptions, (known) => ownPlans(items, known.items))),
    )}
${section(
  'Plans on offer',
  shown(plans, (items) => comparison(items as Plan[], [])),
)}
${section('A code that you were given', redeemForm(attempt))}
${section(
  'Addons',
  shown(addons, (items) => addonTable(items as Addon[])),
)}`,
  });
};

const ownPlans = (
  deployments: RequestOutput<typeof provisioning.listDeployments>['items'],
  subscriptions: readonly Subscription[],
): Html =>
  table({
    caption: 'Your deployments and their plans',
    empty: 'You have no deployment.',
    rows: deployments,
    columns: [
      {
        head: 'Deployment',
        isName: true,
        cell: (row) => html`<a href="/deployments/${row.deployment_id}">${row.display_name}</a>`,
      },
      {
        head: 'Plan',
        cell: ({ deployment_id }) => {
          const own = subscriptions.find((one) => one.deployment_id === deployment_id && one.status !== 'cancelled');
          if (own === undefined) return 'none';
          const next = own.plans.find(
            ({ effective_at }) => effective_at > own.current_period_start && effective_at >= own.current_period_end,
          );
          return html`${inWords(own.plan_code)}${next === undefined ? none : html`<small>from ${time(next.effective_at)}: ${inWords(next.plan_code)}</small>`}`;
        },
      },
      ...(maySend(invoicing.changePlan)
        ? [
            {
              head: '',
              cell: (row: RequestOutput<typeof provisioning.listDeployments>['items'][number]) =>
                html`<a href="/plans/change?deployment=${row.deployment_id}" aria-label="Change the plan of ${row.display_name}">Change the plan</a>`,
            },
          ]
        : []),
    ],
  });

/** A deployment's plan: choose one, see what its next month would cost, then change to it. */
const changePage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const isOperator = c.get('session').person.tenantId === null;
  const deployment_id = attempt?.values['deployment'] ?? c.req.query('deployment') ?? '';
  const wanted = attempt?.values['plan'] ?? c.req.query('plan') ?? '';
  const [deployment, plans, preview, { items: subscriptions }] = await Promise.all([
    api.request(provisioning.getDeployment, { deployment_id }),
    api.list(invoicing.listPlans, { status: 'active' }) as Promise<Plan[]>,
    part(api.request(invoicing.previewInvoice, { deployment_id })),
    api.request(invoicing.listSubscriptions, { deployment_id, limit: 10 }),
  ]);
  const own = subscriptions.find(({ status }) => status !== 'cancelled');
  const version = own === undefined ? null : entityTag(own);
  const quote =
    wanted === ''
      ? none
      : await quoteOf(c, {
          plan: wanted,
          own,
          preview: valueOf(preview),
          tenant: isOperator ? deployment.tenant_id : null,
        });
  return show(c, {
    title: `Plan of ${deployment.display_name}`,
    current: isOperator ? '/deployments' : '/plans',
    needs: own === undefined ? invoicing.subscribe : invoicing.changePlan,
    crumbs: isOperator
      ? [
          ['Deployments', '/deployments'],
          [deployment.display_name, `/deployments/${deployment_id}`],
        ]
      : [['Plans', '/plans']],
    lead: own === undefined ? 'It has no plan yet.' : `It is on ${inWords(own.plan_code)}.`,
    attempt,
    body: html`${section('1. Choose a plan', html`<form method="get" action="/plans/change" class="form"><input type="hidden" name="deployment" value="${deployment_id}"><fieldset class="choices"><legend class="unseen">Plan</legend>${plans.map((plan) => html`<label><input type="radio" name="plan" value="${plan.plan_code}"${plan.plan_code === wanted ? html` checked` : none} required> <strong>${plan.name}</strong> ${money(plan.base_price_cents, plan.currency)} <span class="quiet">a month</span></label>`)}</fieldset><button type="submit">See what a month would cost</button></form>`)}
${quote}
${wanted === '' ? none : section('3. Change', form({ name: 'change', sends: own === undefined ? invoicing.subscribe : invoicing.changePlan, action: '/plans/change', version, hidden: { deployment: deployment_id, plan: wanted, has_plan: own === undefined ? '' : 'true' }, fields: [], submit: own === undefined ? `Subscribe to ${inWords(wanted)}` : `Change to ${inWords(wanted)}`, attempt }))}
${wanted === '' ? none : html`<p class="quiet">A dearer plan takes effect at once, a cheaper one with the next month.</p>`}`,
  });
};

type Preview = RequestOutput<typeof invoicing.previewInvoice>;

/** What the present month would cost on a plan, with the usage that is forecast for it. */
const quoteOf = async (
  c: HttpContext,
  options: { plan: string; own: Subscription | undefined; preview: Preview | null; tenant: string | null },
): Promise<Html> => {
  const { plan, own, preview, tenant } = options;
  const usage = (preview?.forecast.lines ?? []).flatMap((line) => {
    const used = line.meta['used'];
    return line.kind === 'overage' && line.resource_kind !== null && typeof used === 'string'
      ? [{ kind: line.resource_kind, qty: used }]
      : [];
  });
  const addons = (own?.addons ?? [])
    .filter(({ ends_at }) => ends_at === null)
    .map(({ addon_code, quantity }) => ({ addon_code, quantity }));
  const quote = await part(
    c.get('api').request(invoicing.createQuote, {
      plan_code: plan,
      usage,
      addons,
      ...(preview === null ? {} : { period: preview.period }),
      ...(tenant === null ? {} : { tenant_id: tenant }),
    }),
  );
  return section(
    '2. What a month would cost',
    shown(
      quote,
      (given) =>
        html`${table({
          caption: `${monthName(given.period)} on ${inWords(given.plan_code)}, with the usage that is forecast`,
          isCaptionShown: true,
          empty: '',
          rows: given.lines.filter(({ kind }) => kind !== 'tax'),
          columns: [
            { head: 'Charge', isName: true, cell: (line) => lineTitle({ ...line, line_id: '' }) },
            { head: 'Calculation', cell: (line) => calculation({ ...line, line_id: '' }, given.currency) },
            { head: 'Amount', isFigure: true, cell: ({ amount_cents }) => money(amount_cents, given.currency) },
          ],
          total: [
            'Total with tax',
            preview === null ? '' : html`now ${payable(preview.forecast)}`,
            money(given.total_cents, given.currency),
          ],
        })}<p class="quiet">Valid until ${dayName(given.valid_until)}.</p>`,
    ),
  );
};

const change = async (
  c: HttpContext,
  { deployment = '', plan = '', has_plan }: Readonly<Record<string, string>>,
  sending: Sending,
) => {
  const input = { deployment_id: deployment, plan_code: plan };
  const api = c.get('api');
  const subscription =
    has_plan === 'true'
      ? await api.request(invoicing.changePlan, input, sending)
      : await api.request(invoicing.subscribe, input, sending);
  const latest = subscription.plans.at(-1);
  const from =
    latest === undefined || latest.effective_at <= subscription.current_period_start
      ? ''
      : ` from ${dayName(latest.effective_at.slice(0, 10))}`;
  const isOperator = c.get('session').person.tenantId === null;
  return {
    to: isOperator ? `/deployments/${deployment}` : '/plans',
    text: `The deployment is on ${inWords(plan)}${from}.`,
  };
};
