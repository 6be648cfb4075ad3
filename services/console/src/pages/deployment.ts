import {
  drift,
  inventorySync,
  invoicing,
  metering,
  monthName,
  provisioning,
  type RequestOutput,
} from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { changeEntry, driftEntries, sagaEntry, timeline } from '../html/deployment-timeline.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { address } from '../html/list.ts';
import { meterLine } from '../html/meter-line.ts';
import { type Part, part, shown, valueOf } from '../html/part.ts';
import { cards, facts, figureCard, section, table } from '../html/table.ts';
import type { Deployment } from '../names-of.ts';
import { maySend } from '../permission.ts';
import { money, payable, quantityText } from '../words/money.ts';
import { inWords, kindInWords, unitOfKind } from '../words/names.ts';
import { time, timeOr } from '../words/time.ts';
import { deploymentStates } from './deployments.ts';
import { type DeploymentEarnings, earningsTable, readDeploymentEarnings, runningCost } from './earnings.ts';
import { resourceTable } from './inventory.ts';
import { registerSubscriptionForms, subscriptionForms } from './subscription-forms.ts';

type Detail = RequestOutput<typeof provisioning.getDeployment> & {
  subscription: RequestOutput<typeof invoicing.listSubscriptions>['items'][number] | null;
  unavailable: string[];
};

export const registerDeployment = (app: HttpApp): void => {
  app.get('/deployments/:id', (c) => deploymentPage(c, null));
  registerSubscriptionForms(app, deploymentPage);
  app.post('/deployments/:id/transition', (c) =>
    handleForm(c, {
      form: 'transition',
      run: async ({ to = '', reason = '' }, sending) => {
        const { state } = await c.get('api').request(
          provisioning.transitionDeployment,
          {
            deployment_id: id(c),
            to: to as Deployment['state'],
            ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          },
          sending,
        );
        return { to: `/deployments/${id(c)}`, text: `The deployment is ${inWords(state).toLowerCase()} now.` };
      },
      again: (attempt) => deploymentPage(c, attempt),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';

const deploymentPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const deployment_id = id(c);
  const isOperator = c.get('session').person.tenantId === null;
  const { answer, version } = await api.read(provisioning.getDeployment, { deployment_id });
  const deployment = answer as Detail;
  const [preview, earnings, usage, resources, events, sagas, drifts, addons] = await Promise.all([
    part(
      api.request(invoicing.previewInvoice, {
        deployment_id,
        ...(isOperator ? { tenant_id: deployment.tenant_id } : {}),
      }),
    ),
    maySend(invoicing.listResourceEarnings) ? part(readDeploymentEarnings(api, deployment_id)) : null,
    part(api.request(metering.listUsage, { deployment_id, group_by: 'deployment', limit: 200 })),
    part(api.request(inventorySync.listResources, { deployment_id, limit: 100 })),
    part(api.request(provisioning.listDeploymentEvents, { deployment_id, limit: 100 })),
    isOperator ? part(api.request(provisioning.listSagas, { deployment_id, limit: 50 })) : null,
    isOperator ? part(api.request(drift.listDrift, { deployment_id, status: 'all', limit: 50 })) : null,
    deployment.subscription === null ? null : part(api.list(invoicing.listAddons, {})),
  ]);
  const history = [
    ...('value' in events ? events.value.items.map(changeEntry) : []),
    ...(sagas !== null && 'value' in sagas ? sagas.value.items.map(sagaEntry) : []),
    ...(drifts !== null && 'value' in drifts ? drifts.value.items.flatMap(driftEntries) : []),
  ].toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const lacking = [events, sagas, drifts].flatMap((each) =>
    each !== null && 'fault' in each ? [each.fault.detail] : [],
  );
  return show(c, {
    title: deployment.display_name,
    live: ['deployment.changed', 'saga.changed', 'drift.detected', 'drift.closed', 'subscription.changed'],
    current: '/deployments',
    crumbs: [['Deployments', '/deployments']],
    beside: badge(deployment.state),
    lead: html`${deployment.slug}${isOperator ? html`, of tenant ${tenantLink(deployment.tenant_id)}` : none}`,
    attempt,
    body: html`${figures(deployment, { preview, earnings, isOperator })}
${section(
  'Usage this month',
  shown(usage, ({ items }) => usageTable(items)),
  { aside: html`<a href="${address('/usage', { deployment: deployment_id })}">By day</a>` },
)}
${section(
  'What runs',
  shown(resources, ({ items }) => resourceTable(items, null)),
)}
${earnings === null ? none : shown(earnings, ({ last, names }) => section(`Cost and earnings of ${monthName(last.period)}`, earningsTable(last, names)))}
${section('Subscription', html`${subscriptionFacts(deployment)}${planLink(deployment)}${deployment.subscription === null ? none : subscriptionForms(deployment.subscription, { addons: addons === null ? [] : (valueOf(addons) ?? []), isOperator, attempt })}`, { id: 'subscription' })}
${section('Timeline', html`${lacking.length === 0 ? none : html`<p class="missing" role="status">${lacking[0]} The timeline is not complete.</p>`}${timeline(history)}`)}
${section(
  'About this deployment',
  html`${facts([
    ['Short name', deployment.slug],
    ['Region', deployment.region ?? 'none named'],
    ['Tags that bind resources', deployment.tag_bindings.length === 0 ? 'none' : deployment.tag_bindings.join(', ')],
    [
      'Projects that bind resources',
      deployment.project_bindings.length === 0
        ? 'none'
        : html`<span class="id">${deployment.project_bindings.map(({ provider_project_id }) => provider_project_id).join(', ')}</span>`,
    ],
    ['Automatic suspension', deployment.billing_action_suspended ? 'held' : 'allowed'],
    ['Last change', time(deployment.updated_at)],
    ['Id', html`<span class="id">${deployment.deployment_id}</span>`],
  ])}${transitionForm(deployment, { isOperator, version, attempt })}${maySend(provisioning.startSaga) && deployment.state !== 'archived' ? html`<p><a href="${address('/sagas/new', { deployment: deployment_id })}">Create a droplet, suspend or offboard it: start a saga</a></p>` : none}`,
)}`,
  });
};

type Figures = {
  preview: Part<RequestOutput<typeof invoicing.previewInvoice>>;
  earnings: Part<DeploymentEarnings> | null;
  isOperator: boolean;
};

/** What the deployment's month costs the tenant and the operator; what cannot be read is marked as missing. */
const figures = (deployment: Detail, { preview, earnings, isOperator }: Figures): Html => {
  const month = valueOf(preview);
  const costs = earnings === null ? null : valueOf(earnings);
  const plan = figureCard({
    name: 'Plan',
    value: planOf(deployment),
    note: deployment.subscription === null ? '' : html`since ${time(deployment.subscription.starts_at)}`,
    ...(isOperator ? {} : { href: '/plans' }),
  });
  return html`${month === null ? shown(preview, () => none) : none}${cards([
    ...(month === null
      ? []
      : [
          figureCard({
            name: `${monthName(month.period)} so far`,
            value: payable(month.so_far),
            note: 'with tax',
          }),
          figureCard({
            name: 'At the end of the month',
            value: payable(month.forecast),
            note: 'if usage continues as it is now',
          }),
        ]),
    ...(costs === null ? [] : [runningCost(costs.running)]),
    plan,
  ])}`;
};

const planLink = ({ deployment_id, state, subscription }: Detail): Html =>
  state === 'archived' || !maySend(subscription === null ? invoicing.subscribe : invoicing.changePlan)
    ? none
    : html`<p><a href="${address('/plans/change', { deployment: deployment_id })}">${subscription === null ? 'Choose a plan' : 'Change the plan'}</a>, with a quote first</p>`;

const planOf = ({ subscription, unavailable }: Detail): string => {
  if (subscription !== null) return inWords(subscription.plan_code);
  return unavailable.includes('invoicing') ? 'not known at the moment' : 'none';
};

export const usageTable = (items: RequestOutput<typeof metering.listUsage>['items']): Html =>
  table({
    caption: 'Usage of the running month, by kind',
    empty: 'Nothing has been used this month.',
    rows: items,
    columns: [
      { head: 'Usage', isName: true, cell: ({ kind }) => kindInWords(kind) },
      {
        head: 'Of the included quantity',
        cell: ({ included_per_month, quantity }) =>
          included_per_month === null
            ? html`<span class="quiet">none included</span>`
            : meterLine(quantity, included_per_month),
      },
      {
        head: 'Included',
        isFigure: true,
        cell: ({ included_per_month, unit }) =>
          included_per_month === null ? '' : quantityText(included_per_month, unit),
      },
      { head: 'Used', isFigure: true, cell: ({ quantity, unit }) => quantityText(quantity, unit) },
    ],
  });

const subscriptionFacts = ({ subscription, unavailable }: Detail): Html => {
  if (subscription === null)
    return html`<p class="empty">${unavailable.includes('invoicing') ? 'Invoicing does not answer at the moment.' : 'The deployment is subscribed to no plan, so its usage is not billed.'}</p>`;
  const { currency } = subscription;
  return html`${facts([
    ['Status', badge(subscription.status)],
    ['Plan', `${inWords(subscription.plan_code)}, version ${subscription.plan_version}`],
    ['Price of a month', money(subscription.base_price_cents, currency)],
    ['Starts', time(subscription.starts_at)],
    ['Ends', timeOr(subscription.ends_at, 'no end')],
    subscription.trial_ends_at === null ? null : ['Trial ends', time(subscription.trial_ends_at)],
  ])}
${
  subscription.addons.length === 0
    ? none
    : table({
        caption: 'Addons',
        isCaptionShown: true,
        empty: '',
        rows: subscription.addons,
        columns: [
          {
            head: 'Addon',
            isName: true,
            cell: ({ addon_code, quantity }) => `${inWords(addon_code)}${quantity > 1 ? ` × ${quantity}` : ''}`,
          },
          {
            head: 'Adds',
            cell: ({ kind, qty }) => html`${quantityText(qty, unitOfKind(kind))}<small>${kindInWords(kind)}</small>`,
          },
          { head: 'From', cell: ({ starts_at }) => time(starts_at) },
          { head: 'Until', cell: ({ ends_at }) => timeOr(ends_at, 'no end') },
          { head: 'A month', isFigure: true, cell: ({ price_cents }) => money(price_cents, currency) },
        ],
      })
}`;
};

const transitionForm = (
  deployment: Detail,
  { isOperator, version, attempt }: { isOperator: boolean; version: string | null; attempt: Attempt | null },
): Html => {
  if (deployment.state === 'archived') return none;
  const choices = (isOperator ? deploymentStates.map(([state]) => state) : ['active', 'paused', 'cancelled']).filter(
    (state) => state !== deployment.state,
  );
  return disclosedForm(
    'Change the state',
    {
      name: 'transition',
      sends: provisioning.transitionDeployment,
      action: `/deployments/${deployment.deployment_id}/transition`,
      attempt,
      version,
      submit: 'Change the state',
      fields: [
        {
          name: 'to',
          label: 'New state',
          kind: 'choice',
          choices: choices.map((state) => [state, inWords(state)] as const),
        },
        { name: 'reason', label: 'Reason', hint: 'Kept in the history.' },
      ],
    },
    html`<p>Suspending and resuming at the provider is done by a saga; this changes the state alone.</p>`,
  );
};
