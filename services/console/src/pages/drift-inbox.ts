import { drift, entityTag, type RequestOutput } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm, InvalidForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink } from '../html/links.ts';
import { address, filters, pager } from '../html/list.ts';
import { part, shown } from '../html/part.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { deploymentsOf } from '../names-of.ts';
import { maySend } from '../permission.ts';
import { type Drift, driftSentence, driftStatuses, monthlyCost, monthlySum } from '../words/drift.ts';
import { countOf, inWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { ignoreFields, stateOf } from './drift.ts';
import { listAside } from './list-files.ts';

const statuses = [...driftStatuses, ['all', 'All']] as const;

const kinds = [
  ['field', 'A value differs'],
  ['missing', 'Missing'],
  ['unmanaged', 'Of no deployment'],
] as const;

/** The differences that wait for a person, and the fields that are not compared. */
export const registerDriftInbox = (app: HttpApp): void => {
  app.get('/drift', (c) => inboxPage(c, null));
  many(app, 'accept', async (c, drift_ids, { reason = '' }, sending) => {
    const why = reason.trim() === '' ? {} : { reason: reason.trim() };
    const { results } = await c.get('api').request(drift.acceptDrifts, { drift_ids, ...why }, sending);
    return `Accepting is requested for ${doneOf(results)}.`;
  });
  many(app, 'ignore', async (c, drift_ids, { scope, reason = '' }, sending) => {
    if (reason.trim() === '') throw new InvalidForm({ reason: 'Enter why these differences do not matter.' });
    const { results } = await c
      .get('api')
      .request(drift.ignoreDrifts, { drift_ids, scope: scope === 'kind' ? 'kind' : 'resource', reason }, sending);
    return `The fields of ${doneOf(results)} are no longer compared.`;
  });
  app.post('/drift/ignored/:rule/delete', (c) =>
    handleForm(c, {
      form: 'unignore',
      run: async (_, sending) => {
        await c.get('api').request(drift.stopIgnoring, { rule_id: c.req.param('rule') }, sending);
        return { to: '/drift', text: 'The rule is deleted; the field is compared again.' };
      },
      again: (attempt) => inboxPage(c, attempt),
    }),
  );
};

/** A command about the chosen differences of the inbox. It goes back to the list as it was filtered. */
const many = (
  app: HttpApp,
  name: 'accept' | 'ignore',
  run: (c: HttpContext, ids: string[], values: Values, sending: Sending) => Promise<string>,
): void => {
  app.post(`/drift/${name}`, (c) =>
    handleForm(c, {
      form: 'many',
      run: async (values, sending) => {
        const ids = (values['chosen'] ?? '').split(',').filter(Boolean);
        const { q, status, kind, deployment } = c.req.query();
        const to = address('/drift', { q, status, kind, deployment });
        if (ids.length === 0) throw new InvalidForm({ chosen: `tick the differences to ${name}` });
        return { to, text: await run(c, ids, values, sending) };
      },
      again: (attempt) => inboxPage(c, attempt),
    }),
  );
};

const doneOf = (results: readonly { outcome: string; refusal: { detail: string } | null }[]): string => {
  const refused = results.flatMap(({ refusal }) => (refusal === null ? [] : [refusal.detail]));
  const done = countOf(results.length - refused.length, 'difference');
  return refused.length === 0
    ? done
    : `${done}; ${refused.length} refused: ${[...new Set(refused)].slice(0, 3).join(' ')}`;
};

const inboxPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const query = c.req.query();
  const [page, rules] = await Promise.all([
    readList(c, '/drift'),
    part(api.request(drift.listIgnored, { limit: 200 })),
  ]);
  const names = await deploymentsOf(
    api,
    page.items.map(({ deployment_id }) => deployment_id),
  );
  const sum = monthlySum(page.items);
  const chosen = new Set((attempt?.values['chosen'] ?? '').split(','));
  return show(c, {
    title: 'Drift inbox',
    live: ['drift.detected', 'drift.closed'],
    current: '/drift',
    attempt,
    lead: 'Differences between what a resource should be and what it is. Accept one to make it the expected state, or revert it.',
    body: html`${filters(
      '/drift',
      [
        { name: 'q', label: 'Resource', placeholder: 'name' },
        { name: 'status', label: 'Status', choices: statuses },
        { name: 'kind', label: 'Kind', choices: kinds },
      ],
      query,
    )}
${section(
  query['sort'] ? 'As sorted' : 'Newest first',
  html`${table({
    sorting: { path: '/drift', query },
    caption: 'Differences',
    empty: 'No drift: every resource is as it should be.',
    rows: page.items,
    columns: [
      {
        head: '',
        cell: (row: Drift) =>
          isAcceptable(row)
            ? html`<input type="checkbox" name="chosen" value="${row.drift_id}" form="form-many"${chosen.has(row.drift_id) ? html` checked` : none} aria-label="Choose: ${driftSentence(row)}">`
            : '',
      },
      {
        head: 'Difference',
        isName: true,
        cell: (row) =>
          html`<a href="/drift/${row.drift_id}">${driftSentence(row)}</a><small>${inWords(row.resource_kind)} ${row.provider_id}</small>`,
      },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      { head: 'Since', sort: 'detected_at', cell: ({ detected_at }) => time(detected_at) },
      { head: 'State', sort: 'status', cell: (row) => stateOf(row) },
      { head: 'A month', isFigure: true, cell: (row) => monthlyCost(row) },
    ],
    ...(sum === null ? {} : { total: ['', 'Together', '', '', '', sum] }),
  })}${page.items.some(isAcceptable) ? manyForm(query, attempt) : none}${pager('/drift', query, page.next_cursor)}`,
  { aside: listAside('/drift', query, page) },
)}
${section(
  'Fields that are not compared',
  shown(rules, ({ items }) => ruleTable(items)),
)}`,
  });
};

/** The chosen differences are accepted by one button and ignored by the other. */
const manyForm = (query: Readonly<Record<string, string>>, attempt: Attempt | null): Html => {
  const { q, status, kind, deployment } = query;
  const at = (name: string): string => address(`/drift/${name}`, { q, status, kind, deployment });
  const [scope, reason] = ignoreFields('the resource of each only', 'every resource of its kind');
  return form({
    name: 'many',
    sends: drift.acceptDrifts,
    action: at('accept'),
    submit: 'Accept the chosen ones',
    others: [{ submit: 'Ignore the chosen ones', action: at('ignore') }],
    attempt,
    fields: [
      { ...reason, hint: 'Kept with the rules; needed to ignore.', isRequired: false },
      { ...scope, label: 'Ignore for' },
    ],
  });
};

/** Whether a difference can be accepted together with others: a resource of no deployment needs one first. */
const isAcceptable = ({ status, requested, kind }: Drift): boolean =>
  status === 'open' && requested === null && kind !== 'unmanaged' && maySend(drift.acceptDrifts);

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
        cell: (rule) =>
          form({
            name: `unignore-${rule.rule_id}`,
            sends: drift.stopIgnoring,
            action: `/drift/ignored/${rule.rule_id}/delete`,
            version: entityTag(rule),
            fields: [],
            submit: 'Compare again',
            attempt: null,
          }),
      },
    ],
  });
