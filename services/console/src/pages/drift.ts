import { drift } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm, type Field } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink, tenantLink } from '../html/links.ts';
import { readAgain } from '../html/running-work.ts';
import { facts, section } from '../html/table.ts';
import { deploymentsOf } from '../names-of.ts';
import { maySend } from '../permission.ts';
import { type Drift, driftSentence, monthlyCost, statusInWords, valueInWords } from '../words/drift.ts';
import { inWords, senderInWords } from '../words/names.ts';
import { time } from '../words/time.ts';

/** One difference, with what can be done about it. */
export const registerDrift = (app: HttpApp): void => {
  app.get('/drift/:id', (c) => driftPage(c, null));
  const act = (
    name: 'accept' | 'revert' | 'ignore',
    run: (c: HttpContext, values: Readonly<Record<string, string>>, sending: Sending) => Promise<string>,
  ): void => {
    app.post(`/drift/:id/${name}`, (c) =>
      handleForm(c, {
        form: name,
        run: async (values, sending) => ({ to: `/drift/${id(c)}`, text: await run(c, values, sending) }),
        again: (attempt) => driftPage(c, attempt),
      }),
    );
  };
  act('accept', async (c, _, sending) => {
    await c.get('api').request(drift.acceptDrift, { drift_id: id(c) }, sending);
    return 'Accepting is requested: the actual value becomes the expected one.';
  });
  act('revert', async (c, { confirm = '' }, sending) => {
    await c.get('api').request(drift.revertDrift, { drift_id: id(c), confirm: confirm.trim() }, sending);
    return 'Reverting is requested: a saga restores the expected value.';
  });
  act('ignore', async (c, { scope, reason = '' }, sending) => {
    const rule = await c
      .get('api')
      .request(drift.ignoreDrift, { drift_id: id(c), scope: scope === 'kind' ? 'kind' : 'resource', reason }, sending);
    return `${inWords(rule.field)} is no longer compared ${rule.resource_id === null ? `for any ${rule.resource_kind}` : 'for this resource'}.`;
  });
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';

/** The fields of ignoring: of one resource or of all of its kind, and why. */
export const ignoreFields = (one: string, every: string): [scope: Field, reason: Field] => [
  {
    name: 'scope',
    label: 'For',
    kind: 'choice',
    choices: [
      ['resource', one],
      ['kind', every],
    ],
  },
  { name: 'reason', label: 'Reason', hint: 'Kept with the rule.', isRequired: true },
];

export const stateOf = (row: Drift): Html =>
  html`${row.requested === null ? badge(row.status, statusInWords(row.status)) : badge('pending', row.requested.action === 'accept' ? 'Accepting' : 'Reverting')}${row.refusal === null ? none : html`<small>Refused: ${row.refusal}</small>`}`;

const driftPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const { answer: row, version } = await api.read(drift.getDrift, { drift_id: id(c) });
  const names = await deploymentsOf(api, [row.deployment_id]);
  const isPending = row.requested !== null;
  return show(c, {
    title: row.resource_name ?? row.provider_id,
    live: ['drift.closed', 'saga.changed'],
    current: '/drift',
    crumbs: [['Drift inbox', '/drift']],
    beside: stateOf(row),
    lead: driftSentence(row),
    attempt,
    body: html`${isPending ? readAgain : none}
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
  row.closed_at === null ? null : ['Closed', html`${time(row.closed_at)} by ${senderInWords(row.closed_by ?? '')}`],
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
${row.status === 'open' && !isPending && maySend(drift.acceptDrift) ? section('Actions', actionsOf(row, { version, attempt })) : none}`,
  });
};

const actionsOf = (row: Drift, { version, attempt }: { version: string | null; attempt: Attempt | null }): Html => {
  const at = `/drift/${row.drift_id}`;
  const name = row.resource_name ?? row.provider_id;
  const isField = row.kind === 'field';
  return html`${isField || row.kind === 'missing' ? disclosedForm('Accept', { name: 'accept', sends: drift.acceptDrift, action: `${at}/accept`, fields: [], submit: row.kind === 'missing' ? 'Accept that it is gone' : `Expect ${valueInWords(row.actual)} from now on`, attempt, version }, html`<p>The actual state becomes the expected one.</p>`) : html`<p>To accept it, <a href="/inventory/${row.resource_id}#form-attribute">attribute the resource</a> to a deployment.</p>`}
${isField ? html`<p><a href="/inventory/${row.resource_id}#desired">Expect something else</a></p>` : none}
${isField ? disclosedForm('Revert', { name: 'revert', sends: drift.revertDrift, action: `${at}/revert`, submit: `Restore ${valueInWords(row.expected)}`, isDangerous: true, attempt, version, fields: [{ name: 'confirm', label: `Type ${name} to confirm`, isRequired: true }] }, html`<p>A saga restores the expected value. It interrupts the resource.</p>`) : none}
${disclosedForm(
  'Ignore',
  {
    name: 'ignore',
    sends: drift.ignoreDrift,
    action: `${at}/ignore`,
    submit: 'Ignore',
    attempt,
    version,
    fields: ignoreFields(`${name} only`, `every ${inWords(row.resource_kind)}`),
  },
  html`<p>The field is not compared any more. The rule is listed in the inbox and can be deleted there.</p>`,
)}`;
};
