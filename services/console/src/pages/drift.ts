import { drift, type RequestOutput } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink, tenantLink } from '../html/links.ts';
import { filters, pager } from '../html/list.ts';
import { part, shown } from '../html/part.ts';
import { facts, section, table } from '../html/table.ts';
import { deploymentsOf } from '../names-of.ts';
import { type Drift, driftSentence, monthlyCost, monthlySum, valueInWords } from '../words/drift.ts';
import { countOf, inWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { filled } from './invoices.ts';

const statuses = [
  ['open', 'Open'],
  ['accepted', 'Accepted'],
  ['reverted', 'Reverted'],
  ['stale', 'Gone by itself'],
  ['all', 'All'],
] as const;

const kinds = [
  ['field', 'A value differs'],
  ['missing', 'Missing'],
  ['unmanaged', 'Of no deployment'],
] as const;

export const registerDrift = (app: HttpApp): void => {
  app.get('/drift', (c) => inboxPage(c));
  app.get('/drift/:id', (c) => driftPage(c, null));
  const act = (
    name: 'accept' | 'revert' | 'ignore',
    run: (c: HttpContext, values: Readonly<Record<string, string>>, key: string) => Promise<string>,
  ): void => {
    app.post(`/drift/:id/${name}`, (c) =>
      handleForm(c, {
        form: name,
        run: async (values, key) => ({ to: `/drift/${id(c)}`, text: await run(c, values, key) }),
        again: (attempt) => driftPage(c, attempt),
      }),
    );
  };
  act('accept', async (c, _, key) => {
    await c.get('api').request(drift.acceptDrift, { drift_id: id(c) }, key);
    return 'Accepting is requested: the actual value becomes the expected one.';
  });
  act('revert', async (c, { confirm = '' }, key) => {
    await c.get('api').request(drift.revertDrift, { drift_id: id(c), confirm: confirm.trim() }, key);
    return 'Reverting is requested: a saga restores the expected value.';
  });
  act('ignore', async (c, { scope, reason = '' }, key) => {
    const rule = await c
      .get('api')
      .request(drift.ignoreDrift, { drift_id: id(c), scope: scope === 'kind' ? 'kind' : 'resource', reason }, key);
    return `${inWords(rule.field)} is no longer compared ${rule.resource_id === null ? `for any ${rule.resource_kind}` : 'for this resource'}.`;
  });
  app.post('/drift/accept', (c) =>
    handleForm(c, {
      form: 'accept-many',
      run: async ({ chosen = '' }, key) => {
        const drift_ids = chosen.split(',').filter(Boolean);
        if (drift_ids.length === 0) return { to: '/drift', text: 'No difference was chosen; tick those to accept.' };
        const { results } = await c.get('api').request(drift.acceptDrifts, { drift_ids }, key);
        const refused = results.filter(({ outcome }) => outcome === 'refused').length;
        const accepted = countOf(results.length - refused, 'difference');
        return {
          to: '/drift',
          text: `Accepting is requested for ${accepted}${refused === 0 ? '' : `; ${refused} refused`}.`,
        };
      },
      again: () => inboxPage(c),
    }),
  );
  app.post('/drift/ignored/:rule/delete', (c) =>
    handleForm(c, {
      form: 'unignore',
      run: async (_, key) => {
        await c.get('api').request(drift.stopIgnoring, { rule_id: c.req.param('rule') }, key);
        return { to: '/drift', text: 'The rule is deleted; the field is compared again.' };
      },
      again: () => inboxPage(c),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';

const inboxPage = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const query = c.req.query();
  const [page, rules] = await Promise.all([
    api.request(drift.listDrift, {
      ...filled({
        status: query['status'],
        kind: query['kind'],
        deployment: query['deployment'],
        cursor: query['cursor'],
      }),
      limit: 50,
    } as never),
    part(api.request(drift.listIgnored, { limit: 200 })),
  ]);
  const names = await deploymentsOf(
    api,
    page.items.map(({ deployment_id }) => deployment_id),
  );
  const sum = monthlySum(page.items);
  return show(c, {
    title: 'Drift inbox',
    current: '/drift',
    lead: 'Differences between what a resource should be and what it is. Accept one to make it the expected state, or revert it.',
    body: html`${filters(
      '/drift',
      [
        { name: 'status', label: 'Status', choices: statuses },
        { name: 'kind', label: 'Kind', choices: kinds },
      ],
      query,
    )}
${section(
  countOf(page.items.length, 'difference'),
  html`${table({
    caption: 'Drift, newest first',
    empty: 'No drift: every resource is as it should be.',
    rows: page.items,
    columns: [
      {
        head: '',
        cell: (row) =>
          isAcceptable(row)
            ? html`<input type="checkbox" name="chosen" value="${row.drift_id}" form="form-accept-many" aria-label="Choose: ${driftSentence(row)}">`
            : '',
      },
      {
        head: 'Difference',
        isName: true,
        cell: (row) =>
          html`<a href="/drift/${row.drift_id}">${driftSentence(row)}</a><small>${inWords(row.resource_kind)} ${row.provider_id}</small>`,
      },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      { head: 'Since', cell: ({ detected_at }) => time(detected_at) },
      { head: 'State', cell: (row) => stateOf(row) },
      { head: 'A month', isFigure: true, cell: (row) => monthlyCost(row) },
    ],
    ...(sum === null ? {} : { total: ['', 'Together', '', '', '', sum] }),
  })}${page.items.some(isAcceptable) ? form({ name: 'accept-many', action: '/drift/accept', fields: [], submit: 'Accept the chosen ones', attempt: null }) : none}${pager('/drift', query, page.next_cursor)}`,
)}
${section(
  'Fields that are not compared',
  shown(rules, ({ items }) => ruleTable(items)),
)}`,
  });
};

/** Whether a difference can be accepted together with others: a resource of no deployment needs one first. */
const isAcceptable = ({ status, requested, kind }: Drift): boolean =>
  status === 'open' && requested === null && kind !== 'unmanaged';

const stateOf = (row: Drift): Html =>
  html`${row.requested === null ? badge(row.status) : badge('pending', row.requested.action === 'accept' ? 'Accepting' : 'Reverting')}${row.refusal === null ? none : html`<small>Refused: ${row.refusal}</small>`}`;

const ruleTable = (items: RequestOutput<typeof drift.listIgnored>['items']): Html =>
  table({
    caption: 'Ignore rules',
    empty: 'Every field is compared.',
    rows: items,
    columns: [
      { head: 'Field', isName: true, cell: ({ field }) => inWords(field.replace('@', '')) },
      {
        head: 'Of',
        cell: ({ resource_id, resource_kind }) =>
          resource_id === null ? `every ${inWords(resource_kind)}` : resourceLink(resource_id, null),
      },
      { head: 'Reason', cell: ({ reason, ignored_by }) => html`${reason}<small>by ${ignored_by}</small>` },
      { head: 'Since', cell: ({ ignored_at }) => time(ignored_at) },
      {
        head: '',
        cell: ({ rule_id }) =>
          form({
            name: `unignore-${rule_id}`,
            action: `/drift/ignored/${rule_id}/delete`,
            fields: [],
            submit: 'Compare again',
            attempt: null,
          }),
      },
    ],
  });

const driftPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const row = await api.request(drift.getDrift, { drift_id: id(c) });
  const names = await deploymentsOf(api, [row.deployment_id]);
  const isPending = row.requested !== null;
  return show(c, {
    title: row.resource_name ?? row.provider_id,
    current: '/drift',
    crumbs: [['Drift inbox', '/drift']],
    beside: stateOf(row),
    lead: driftSentence(row),
    status: attempt === null ? 200 : 422,
    body: html`${isPending ? html`<div hx-get="/drift/${row.drift_id}" hx-trigger="every 2s" hx-select="main" hx-target="main" hx-swap="outerMorph"></div>` : none}
${section(
  'Expected and actual',
  html`<div class="pair"><div><h3>Expected</h3><p>${row.kind === 'unmanaged' ? 'a deployment' : row.kind === 'missing' ? 'that it exists' : valueInWords(row.expected)}</p></div><div><h3>Actual</h3><p>${row.kind === 'unmanaged' ? 'no deployment' : row.kind === 'missing' ? 'deleted' : valueInWords(row.actual)}</p></div></div>
${facts([
  ['Costs a month', monthlyCost(row)],
  ['Since', time(row.detected_at)],
  ['Resource', resourceLink(row.resource_id, row.resource_name)],
  ['Kind', inWords(row.resource_kind)],
  ['Deployment', deploymentLink(row.deployment_id, names)],
  ['Tenant', tenantLink(row.tenant_id)],
  row.closed_at === null ? null : ['Closed', html`${time(row.closed_at)} by ${row.closed_by ?? ''}`],
  row.requested === null
    ? null
    : [
        'Requested',
        html`${inWords(row.requested.action)} by ${row.requested.by}, ${time(row.requested.at)}${row.requested.saga_id === null ? none : html`, <a href="/sagas/${row.requested.saga_id}">saga</a>`}`,
      ],
  row.refusal === null ? null : ['The last request was refused', row.refusal],
  ['Id', html`<span class="id">${row.drift_id}</span>`],
])}`,
)}
${row.status === 'open' && !isPending ? section('Actions', actionsOf(row, attempt)) : none}`,
  });
};

const actionsOf = (row: Drift, attempt: Attempt | null): Html => {
  const at = `/drift/${row.drift_id}`;
  const name = row.resource_name ?? row.provider_id;
  const isField = row.kind === 'field';
  return html`${isField || row.kind === 'missing' ? disclosedForm('Accept', { name: 'accept', action: `${at}/accept`, fields: [], submit: row.kind === 'missing' ? 'Accept that it is gone' : `Expect ${valueInWords(row.actual)} from now on`, attempt }, html`<p>The actual state becomes the expected one.</p>`) : html`<p>To accept it, <a href="/inventory/${row.resource_id}#form-attribute">attribute the resource</a> to a deployment.</p>`}
${isField ? disclosedForm('Revert', { name: 'revert', action: `${at}/revert`, submit: `Restore ${valueInWords(row.expected)}`, isDangerous: true, attempt, fields: [{ name: 'confirm', label: `Type ${name} to confirm`, isRequired: true }] }, html`<p>A saga restores the expected value. It interrupts the resource.</p>`) : none}
${disclosedForm(
  'Ignore',
  {
    name: 'ignore',
    action: `${at}/ignore`,
    submit: 'Ignore',
    attempt,
    fields: [
      {
        name: 'scope',
        label: 'For',
        kind: 'choice',
        choices: [
          ['resource', `${name} only`],
          ['kind', `every ${inWords(row.resource_kind)}`],
        ],
      },
      { name: 'reason', label: 'Reason', hint: 'Kept with the rule.', isRequired: true },
    ],
  },
  html`<p>The field is not compared any more. The rule is listed in the inbox and can be deleted there.</p>`,
)}`;
};
