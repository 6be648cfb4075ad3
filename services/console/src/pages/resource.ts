import {
  addMonths,
  billingIngest,
  drift,
  gateway,
  inventorySync,
  invoicing,
  type Json,
  metering,
  monthName,
  periodInterval,
  provisioning,
  type RequestOutput,
  versionOf,
} from '@arcadia/contracts';
import type { Api, Sending } from '@arcadia/gateway-client';
import { handleForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, tenantLink } from '../html/links.ts';
import { address } from '../html/list.ts';
import { missingPart, part, shown, valueOf } from '../html/part.ts';
import { stateStrip } from '../html/state-strip.ts';
import { facts, section, table } from '../html/table.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { maySend } from '../permission.ts';
import { type Drift, driftSentence, statusInWords, valueInWords } from '../words/drift.ts';
import { money, quantityText } from '../words/money.ts';
import { fieldInWords, inWords, kindInWords, senderInWords } from '../words/names.ts';
import { ownersSince, statesOf } from '../words/resource-states.ts';
import { time, timeOr } from '../words/time.ts';
import { attributionField, attributionFields, attributionIn } from './attribution.ts';
import { desiredStateSection, readDesiredState, registerDesiredState } from './desired-state.ts';
import { earningsOfResource, readEarnings } from './earnings.ts';

type Resource = RequestOutput<typeof inventorySync.getResource>;
type Event = Resource['events'][number];

export const registerResource = (app: HttpApp): void => {
  app.get('/inventory/:id', (c) => resourcePage(c, null));
  registerDesiredState(app, resourcePage);
  app.post('/inventory/:id/attribute', (c) =>
    handleForm(c, {
      form: 'attribute',
      run: (values, sending) => attribute(c, values, sending),
      again: (attempt) => resourcePage(c, attempt),
      fieldOf: attributionField,
    }),
  );
};

const attribute = async (c: HttpContext, values: Values, sending: Sending) => {
  const resource_id = c.req.param('id') ?? '';
  const attribution = { resource_id, ...attributionIn(values) };
  const resource = await c.get('api').request(inventorySync.attributeResource, attribution, sending);
  const since = 'effective_at' in attribution ? '' : ' from now on';
  return { to: `/inventory/${resource_id}`, text: `The owner of ${resource.name} is changed${since}.` };
};

const resourcePage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const resource_id = c.req.param('id') ?? '';
  const isOperator = c.get('session').person.tenantId === null;
  const resource = await api.request(inventorySync.getResource, { resource_id });
  const { now } = await api.request(gateway.getCaller, {});
  const period = /^\d{4}-(0[1-9]|1[0-2])$/.test(c.req.query('period') ?? '')
    ? (c.req.query('period') ?? '')
    : now.slice(0, 7);
  const { start, end } = periodInterval(period);
  const history = await part(api.request(inventorySync.listResourceEvents, { resource_id, limit: 200 }));
  const owners = ownersSince(resource, valueOf(history)?.items ?? [], start.toString());
  const [usage, earnings, costs, drifts, deployments, names, desired] = await Promise.all([
    part(usageOf(api, owners, { resource_id, from: start.toString(), to: end.toString() })),
    maySend(invoicing.listResourceEarnings) && owners.length > 0
      ? part(Promise.all(owners.map((deployment_id) => readEarnings(api, { deployment_id, period, resource_id }))))
      : null,
    isOperator ? part(api.request(billingIngest.listCostLines, { resource_id, limit: 50 })) : null,
    isOperator ? part(api.request(drift.listDrift, { resource_id, status: 'all', limit: 50 })) : null,
    isOperator ? part(api.request(provisioning.listDeployments, { limit: 200 })) : null,
    deploymentsOf(api, owners),
    isOperator ? part(readDesiredState(api, resource_id)) : null,
  ]);
  const until = Temporal.Instant.compare(end, Temporal.Instant.from(now)) < 0 ? end.toString() : now;
  const months = html`<span class="actions"><a href="${address(`/inventory/${resource_id}`, { period: addMonths(period, -1) })}">Month before</a>${period < now.slice(0, 7) ? html`<a href="${address(`/inventory/${resource_id}`, { period: addMonths(period, 1) })}">Month after</a>` : none}</span>`;
  const strip = shown(history, ({ items, next_cursor }) =>
    stateStrip(
      statesOf(resource, items, {
        from: start.toString(),
        to: until,
        isWholeHistory: next_cursor === null,
        nameOf: (owner) => names.get(owner)?.display_name ?? owner,
      }),
      {
        from: start.toString(),
        to: end.toString(),
        caption: `States of ${resource.name} in ${monthName(period)}`,
      },
    ),
  );
  return show(c, {
    title: resource.name,
    current: isOperator ? '/inventory' : '/deployments',
    crumbs: isOperator ? [['Inventory', '/inventory']] : [],
    beside: resource.is_present
      ? badge(resource.status ?? 'active', resource.status === null ? 'There' : inWords(resource.status))
      : badge('archived', 'Deleted'),
    lead: `${inWords(resource.kind)}${resource.region === null ? '' : ` in ${resource.region}`}`,
    attempt,
    body: html`${section(monthName(period), strip, { aside: months })}
${section('What it used', shown(usage, usageTable))}
${
  earnings === null
    ? none
    : section(
        `What it cost and earned in ${monthName(period)}`,
        shown(earnings, (all) => earningsOfResource(all, { period, names })),
      )
}
${
  costs === null
    ? none
    : section(
        'What the provider’s bills charge for it',
        shown(costs, ({ items }) => costTable(items)),
      )
}
${section(
  'Owner',
  html`${facts([
    ['Deployment', deploymentLink(resource.owner.deployment_id, names)],
    ['Tenant', isOperator ? tenantLink(resource.owner.tenant_id) : (resource.owner.tenant_id ?? 'none')],
    ['Project at the provider', resource.owner.project_name ?? 'none'],
    ['Attributed by', resource.owner.attributed_by === null ? 'nothing' : bases[resource.owner.attributed_by]],
  ])}${deployments === null ? none : shown(deployments, ({ items }) => attributeForm(resource, items, attempt))}`,
)}
${drifts === null ? none : shown(drifts, ({ items }) => (items.length === 0 ? none : section('Drift', driftList(items))))}
${desired === null ? none : 'fault' in desired ? section('Desired state', missingPart(desired.fault)) : shown(desired, (known) => desiredStateSection(resource, known, attempt))}
${section('Attributes', attributesOf(resource), maySend(provisioning.startSaga) && resource.kind === 'droplet' && resource.is_present ? { aside: html`<a href="${address('/sagas/new/resize_droplet', { provider_id: resource.provider_id })}">Resize it</a>` } : {})}
${section(
  'History, newest first',
  shown(history, ({ items }) => historyTable(items, names)),
)}`,
  });
};

/** What a resource used in a span, for each deployment that it belonged to. */
const usageOf = async (
  api: Api,
  owners: readonly string[],
  { resource_id, from, to }: { resource_id: string; from: string; to: string },
) => {
  const all = await Promise.all(
    owners.map((deployment_id) => api.list(metering.listUsage, { group_by: 'resource', from, to, deployment_id })),
  );
  return all.flat().filter((row) => row.resource_id === resource_id);
};

const bases = {
  hand: 'an operator',
  tag: 'a tag',
  project: 'its project',
  source: 'the resource it was made from',
} as const;

const attributeForm = (
  resource: Resource,
  deployments: RequestOutput<typeof provisioning.listDeployments>['items'],
  attempt: Attempt | null,
): Html =>
  disclosedForm(
    'Change the owner',
    {
      name: 'attribute',
      sends: inventorySync.attributeResource,
      action: `/inventory/${resource.resource_id}/attribute`,
      attempt,
      version: versionOf(inventorySync.getResource, resource),
      submit: 'Change the owner',
      fields: attributionFields(deployments, resource.owner.deployment_id),
    },
    html`<p>A time in the past changes what was metered since then. A closed month gets adjustments on the next invoice.</p>`,
  );

const usageTable = (items: RequestOutput<typeof metering.listUsage>['items']): Html =>
  table({
    caption: 'Metered usage in this month',
    empty: 'Nothing was metered of it in this month.',
    rows: items,
    columns: [
      { head: 'Usage', isName: true, cell: ({ kind }) => kindInWords(kind) },
      { head: 'Quantity', isFigure: true, cell: ({ quantity, unit }) => quantityText(quantity, unit) },
    ],
  });

const costTable = (items: RequestOutput<typeof billingIngest.listCostLines>['items']): Html =>
  table({
    caption: 'Lines of the provider’s bills for this resource',
    empty: 'No bill has a line for it.',
    rows: items,
    columns: [
      {
        head: 'Month',
        isName: true,
        cell: ({ period, invoice_uuid }) => html`<a href="/bill/${invoice_uuid}">${monthName(period)}</a>`,
      },
      { head: 'Line', cell: ({ product, description }) => html`${product}<small>${description}</small>` },
      { head: 'Hours', isFigure: true, cell: ({ hours }) => hours ?? '' },
      { head: 'Cost', isFigure: true, cell: ({ amount_cents, currency }) => money(amount_cents, currency) },
    ],
  });

const driftList = (items: readonly Drift[]): Html =>
  html`<ul class="todo">${items.map((row) => html`<li><p><a href="/drift/${row.drift_id}">${driftSentence(row)}</a></p><span class="amount">${badge(row.status, statusInWords(row.status))}</span></li>`)}</ul>`;

const attributesOf = (resource: Resource): Html =>
  facts([
    ...Object.entries(resource.attrs).map(([name, value]) => [inWords(name), valueInWords(value)] as const),
    ['Created at the provider', timeOr(resource.created_at, 'not known')],
    ['First seen', time(resource.first_seen_at)],
    ['Last seen', time(resource.last_seen_at)],
    resource.deleted_at === null ? null : ['Deleted', time(resource.deleted_at)],
    ['Provider id', html`<span class="id">${resource.provider_id}</span>`],
    ['Id', html`<span class="id">${resource.resource_id}</span>`],
  ]);

/** A value of a changed field; a deployment by its name, as far as the page knows it. */
const changed = (field: string, value: Json, names: ReadonlyMap<string, Deployment>): string =>
  (field === 'owner.deployment_id' ? names.get(String(value))?.display_name : undefined) ?? valueInWords(value);

const historyTable = (items: readonly Event[], names: ReadonlyMap<string, Deployment>): Html =>
  table({
    caption: 'Events of this resource, newest first',
    empty: 'Nothing has happened yet.',
    rows: items.slice(0, 50),
    columns: [
      { head: 'From', isName: true, cell: ({ effective_at }) => time(effective_at) },
      {
        head: 'Event',
        cell: ({ type, actor }) =>
          html`${inWords(type)}${actor === null ? none : html`<small>by ${senderInWords(actor)}</small>`}`,
      },
      {
        head: 'Changes',
        cell: ({ changes }) =>
          html`${Object.entries(changes).map(([field, { before, after }]) => html`<span>${fieldInWords(field)}: ${changed(field, before, names)} → ${changed(field, after, names)}</span><br>`)}`,
      },
      { head: 'Observed', cell: ({ observed_at }) => time(observed_at) },
    ],
  });
