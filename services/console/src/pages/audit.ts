import { allRoles, gateway, type RequestOutput } from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { emptyList, filters, pager } from '../html/list.ts';
import { facts, section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { maySend } from '../permission.ts';
import { type Change, changesOf } from '../words/changes.ts';
import { commandChoices, commandInWords } from '../words/commands.ts';
import { countOf, inWords, senderInWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { listAside } from './list-files.ts';

type Entry = RequestOutput<typeof gateway.listAudit>['items'][number];

/** Changes of one command that are shown at once; the others open below them. */
const changesAtOnce = 3;

/** The log of all commands, and the check of its chain. */
export const registerAudit = (app: HttpApp): void => {
  app.get('/audit', (c) => auditPage(c));
  app.get('/audit/verification', (c) => verificationPage(c));
};

const auditPage = async (c: HttpContext): Promise<Response> => {
  const query = c.req.query();
  const isOperator = c.get('session').person.tenantId === null;
  const page = await readList(c, '/audit');
  const check = maySend(gateway.verifyAudit)
    ? html` Each entry is chained to the one before it. <a href="/audit/verification">Verify the chain</a>`
    : none;
  return show(c, {
    title: 'Audit log',
    current: '/audit',
    lead: html`${isOperator ? 'Every command: who sent it, what it was about, and what it changed.' : 'Every command that you and your programs sent, and what it changed.'}${check}`,
    body: html`${filters(
      '/audit',
      [
        ...(isOperator ? [{ name: 'tenant', label: 'Sent by the tenant', placeholder: 'id' }] : []),
        { name: 'subject', label: 'Sent by', placeholder: 'user:ada' },
        { name: 'request', label: 'Command', choices: commandChoices(isOperator ? allRoles : ['tenant']) },
        { name: 'object', label: 'About', placeholder: 'id of an invoice, a tenant …' },
        {
          name: 'outcome',
          label: 'Outcome',
          choices: [
            ['done', 'Done'],
            ['precondition-failed', 'Refused: changed meanwhile'],
            ['forbidden', 'Refused: not for the role'],
            ['conflict', 'Refused: in conflict'],
          ],
        },
        { name: 'from', label: 'From the day', type: 'date' },
        { name: 'to', label: 'To the day', type: 'date' },
      ],
      query,
    )}
${section('Newest first', html`${auditTable(page.items, { isOperator, empty: emptyList(query, { filtered: 'No command matches these filters.', unfiltered: isOperator ? 'No command has been sent yet.' : 'You and your programs have sent no command yet.' }) })}${pager('/audit', query, page.next_cursor)}`, { aside: listAside('/audit', query, page) })}`,
  });
};

const auditTable = (items: readonly Entry[], { isOperator, empty }: { isOperator: boolean; empty: string }): Html =>
  table({
    caption: 'Commands, newest first',
    empty,
    rows: items,
    columns: [
      {
        head: 'When',
        cell: ({ at, position }) =>
          html`${time(at)}${isOperator ? html`<small>entry ${String(position)}</small>` : none}`,
      },
      {
        head: 'Sent by',
        cell: ({ actor }) =>
          html`${senderInWords(actor.subject)}${isOperator && actor.tenant_id !== null ? html`<small>tenant ${actor.tenant_id}</small>` : none}`,
      },
      {
        head: 'Command',
        isName: true,
        cell: ({ request, object }) =>
          html`${commandInWords(request)}<small>${object === null ? request : objectLink(object, isOperator)}</small>`,
      },
      { head: 'Outcome', cell: outcomeOf },
      { head: 'What changed', cell: changesCell },
    ],
  });

const outcomeOf = ({ outcome, detail }: Entry): Html =>
  outcome === 'done'
    ? badge('completed', 'Done')
    : html`${badge('refused', `Refused: ${inWords(outcome).toLowerCase()}`)}${detail === null ? none : html`<small>${detail}</small>`}`;

/** The page of an object by its kind; the tenants' people see a part of them. */
const pagesOfObjects: Readonly<Record<string, { path: string; isForTenants: boolean }>> = {
  invoice: { path: '/invoices/', isForTenants: true },
  deployment: { path: '/deployments/', isForTenants: true },
  'subscription of': { path: '/deployments/', isForTenants: true },
  drift: { path: '/drift/', isForTenants: false },
  saga: { path: '/sagas/', isForTenants: false },
  period: { path: '/periods/', isForTenants: false },
  resource: { path: '/inventory/', isForTenants: true },
  tenant: { path: '/tenants/', isForTenants: false },
  'terms of': { path: '/tenants/', isForTenants: false },
  'prepaid credit of': { path: '/tenants/', isForTenants: false },
  'billing profile': { path: '/tenants/', isForTenants: false },
  'provider invoice': { path: '/bill/', isForTenants: false },
  proof: { path: '/proofs/', isForTenants: false },
  replay: { path: '/replays/', isForTenants: false },
  approval: { path: '/approvals/', isForTenants: false },
  'credit note': { path: '/credit-notes/', isForTenants: true },
  'api key': { path: '/api-keys/', isForTenants: true },
  'webhook endpoint': { path: '/webhooks/', isForTenants: true },
  'webhook delivery': { path: '/webhooks/deliveries/', isForTenants: true },
  'scheduled export': { path: '/exports/', isForTenants: true },
  mail: { path: '/mails/', isForTenants: true },
  plan: { path: '/catalog/plans/', isForTenants: false },
  addon: { path: '/catalog/addons/', isForTenants: false },
  'allocation rule': { path: '/bill/allocation/', isForTenants: false },
};

const objectLink = ({ kind, id }: NonNullable<Entry['object']>, isOperator: boolean): Html => {
  const words = `${inWords(kind)} ${id}`;
  const page = pagesOfObjects[kind];
  return page === undefined || (!isOperator && !page.isForTenants)
    ? html`${words}`
    : html`<a href="${page.path}${encodeURIComponent(id)}">${words}</a>`;
};

const changesCell = ({ outcome, before, after, input }: Entry): Html => {
  if (outcome !== 'done') return html`<span class="quiet">nothing</span>`;
  const changes = changesOf(before, after);
  const entered = changes.length === 0 ? changesOf(null, input) : [];
  if (changes.length === 0 && entered.length === 0) return html`<span class="quiet">nothing that is shown</span>`;
  if (changes.length === 0) return html`<span class="quiet">Entered:</span> ${changeList(entered)}`;
  const [first, rest] = [changes.slice(0, changesAtOnce), changes.slice(changesAtOnce)];
  return html`${changeList(first)}${rest.length === 0 ? none : html`<details><summary>${countOf(rest.length, 'further change')}</summary>${changeList(rest)}</details>`}`;
};

/** Each change in a line: a value that is new stands alone, one that replaced another stands behind it. */
const changeList = (changes: readonly Change[]): Html =>
  html`<ul class="changes">${changes.map(({ what, was, is }) => html`<li>${what}: ${was === '' || was === 'none' ? none : html`<del>${was}</del> → `}${is}</li>`)}</ul>`;

const verificationPage = async (c: HttpContext): Promise<Response> => {
  const { position = '', hash = '' } = c.req.query();
  const isGiven = position.trim() !== '' && hash.trim() !== '';
  const verdict = await c
    .get('api')
    .request(gateway.verifyAudit, isGiven ? { position: position.trim(), hash: hash.trim() } : {});
  const { is_intact, entries, head, fault } = verdict;
  return show(c, {
    title: 'Chain of the audit log',
    current: '/audit',
    needs: gateway.verifyAudit,
    crumbs: [['Audit log', '/audit']],
    beside: is_intact ? badge('proved', 'Unbroken') : badge('failed', 'Broken'),
    lead: 'Each entry holds the hash of the one before it. An entry that is missing, changed or inserted breaks the chain.',
    body: html`${section(
      'Verified just now',
      html`<ul class="check"><li${fault === null ? none : html` class="not"`}>${fault === null ? `${countOf(entries, 'entry', 'entries')} from the first to the newest, each fits the one before it.` : fault.detail}</li>${isGiven && fault === null ? html`<li>Entry ${position} is in it, with the hash that you gave.</li>` : none}</ul>
${
  head === null
    ? none
    : facts([
        ['Newest entry', String(head.position)],
        ['Its hash', html`<span class="id">${head.hash}</span>`],
      ])
}
<p class="quiet">Write both down elsewhere: with them, a later check shows whether anything up to this entry was changed, even by a person who can compute every hash again.</p>`,
    )}
${section(
  'Check an entry that was written down',
  html`<form method="get" action="/audit/verification" class="form"><div class="field"><label for="position">Entry</label><input id="position" name="position" inputmode="numeric" value="${position}" autocomplete="off"></div><div class="field"><label for="hash">Its hash</label><input id="hash" name="hash" value="${hash}" autocomplete="off" spellcheck="false"></div><button type="submit">Verify the chain with it</button></form>`,
)}`,
  });
};
