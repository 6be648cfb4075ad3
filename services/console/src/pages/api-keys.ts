import { allRoles, gateway, type RequestOutput, type Role, roleMeanings, versionOf } from '@arcadia/contracts';
import { handleForm, InvalidForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { pager } from '../html/list.ts';
import { facts, section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { roleInWords } from '../words/roles.ts';
import { time, timeOr } from '../words/time.ts';
import { listAside } from './list-files.ts';

type Key = RequestOutput<typeof gateway.getApiKey>;
type KeyWithToken = RequestOutput<typeof gateway.createApiKey>;

/** The keys of programs: made, rotated and revoked by people. A token is shown once, by the answer to the form itself. */
export const registerApiKeys = (app: HttpApp): void => {
  app.get('/api-keys', (c) => keysPage(c, null));
  app.post('/api-keys', (c) =>
    handleForm(c, {
      form: 'key',
      run: async (values, sending) =>
        tokenPage(c, await c.get('api').request(gateway.createApiKey, newKeyIn(c, values), sending)),
      again: (attempt) => keysPage(c, attempt),
      fieldOf: (pointer) => (pointer === '/expires_at' ? 'expires' : pointer.slice(1)),
    }),
  );
  app.get('/api-keys/:id', (c) => keyPage(c, null));
  app.post('/api-keys/:id/rotate', (c) =>
    handleForm(c, {
      form: 'rotate',
      run: async ({ overlap = '' }, sending) => {
        const key_id = id(c);
        const overlap_seconds = Number(overlap);
        return tokenPage(c, await c.get('api').request(gateway.rotateApiKey, { key_id, overlap_seconds }, sending));
      },
      again: (attempt) => keyPage(c, attempt),
      fieldOf: () => 'overlap',
    }),
  );
  app.post('/api-keys/:id/revoke', (c) =>
    handleForm(c, {
      form: 'revoke',
      run: async (_, sending) => {
        const { name } = await c.get('api').request(gateway.revokeApiKey, { key_id: id(c) }, sending);
        return {
          to: '/api-keys',
          text: `The key ${name} is revoked: requests with it are refused within three seconds.`,
        };
      },
      again: (attempt) => keyPage(c, attempt),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';
const isOperator = (c: HttpContext): boolean => c.get('session').person.tenantId === null;

const newKeyIn = (c: HttpContext, { name = '', role = '', tenant_id = '', expires = '' }: Values) => {
  if (expires.trim() !== '' && !/^\d{4}-\d{2}-\d{2}$/.test(expires.trim()))
    throw new InvalidForm({ expires: 'Enter a day such as 2027-06-30, or nothing for a year from now.' });
  return {
    name: name.trim(),
    role: role as Role,
    ...(isOperator(c) && tenant_id.trim() !== '' ? { tenant_id: tenant_id.trim() } : {}),
    ...(expires.trim() === '' ? {} : { expires_at: `${expires.trim()}T00:00:00Z` }),
  };
};

const keysPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const query = c.req.query();
  const page = await readList(c, '/api-keys');
  return show(c, {
    title: 'API keys',
    current: '/api-keys',
    lead: 'A program calls the API with a key of its own. A key can be rotated without an interruption and revoked at any time.',
    attempt,
    body: html`${section('Newest first', html`${keyTable(page.items)}${pager('/api-keys', query, page.next_cursor)}`, { aside: listAside('/api-keys', query, page) })}
${newKeyForm(c, attempt)}`,
  });
};

const statusBadge = ({ status }: Key): Html =>
  badge(
    { active: 'active', expired: 'paused', revoked: 'archived' }[status],
    { active: 'Active', expired: 'Expired', revoked: 'Revoked' }[status],
  );

const keyTable = (items: readonly Key[]): Html =>
  table({
    caption: 'API keys, newest first',
    empty: 'No program calls the API with a key yet. Make one below for each program.',
    rows: items,
    columns: [
      { head: 'Name', isName: true, cell: ({ key_id, name }) => html`<a href="/api-keys/${key_id}">${name}</a>` },
      { head: 'Status', cell: statusBadge },
      { head: 'Role', cell: ({ role, tenant_id }) => roleInWords(role, tenant_id) },
      { head: 'Last used', cell: ({ last_used_at }) => timeOr(last_used_at, 'never') },
      { head: 'Expires', cell: ({ expires_at }) => time(expires_at) },
      { head: 'Made', cell: ({ created_at, created_by }) => html`${time(created_at)}<small>by ${created_by}</small>` },
    ],
  });

const newKeyForm = (c: HttpContext, attempt: Attempt | null): Html => {
  const roles = allRoles.filter((role) => isOperator(c) || role === 'tenant' || role === 'tenant_viewer');
  return disclosedForm('Make a key', {
    name: 'key',
    sends: gateway.createApiKey,
    action: '/api-keys',
    attempt,
    submit: 'Make the key',
    fields: [
      { name: 'name', label: 'Name', hint: 'What the key is for, such as the name of the program.', isRequired: true },
      {
        name: 'role',
        label: 'Role',
        kind: 'choice',
        value: isOperator(c) ? 'auditor' : 'tenant_viewer',
        choices: roles.map((role) => [role, roleMeanings[role].replace(/\.$/, '')] as const),
      },
      ...(isOperator(c) ? [{ name: 'tenant_id', label: 'Tenant', hint: 'Its id, for a role of a tenant only.' }] : []),
      {
        name: 'expires',
        label: 'Refused from',
        hint: 'A UTC day within two years. Empty: a year from now.',
        kind: 'date',
      },
    ],
  });
};

/** The only page that ever shows the token. Nothing but this answer holds it, so it is no redirect. */
const tokenPage = (c: HttpContext, key: KeyWithToken): Promise<Response> =>
  show(c, {
    title: `Token of ${key.name}`,
    current: '/api-keys',
    crumbs: [['API keys', '/api-keys']],
    body: section(
      key.token === null ? 'It was shown before' : 'Copy it now: it is shown this once',
      key.token === null
        ? html`<p>The form was sent twice, and the token is stored nowhere. If it was not copied, <a href="/api-keys/${key.key_id}">rotate the key</a>.</p>`
        : html`<p>It is stored nowhere. Programs send it with each request, as <code>Authorization: Bearer</code> and the token.</p><div class="field"><label for="token">Token</label><textarea id="token" class="secret" rows="3" readonly autocomplete="off" spellcheck="false">${key.token}</textarea></div><p><a href="/api-keys/${key.key_id}">I have copied it</a></p>`,
    ),
  });

const keyPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const key = await c.get('api').request(gateway.getApiKey, { key_id: id(c) });
  return show(c, {
    title: key.name,
    current: '/api-keys',
    crumbs: [['API keys', '/api-keys']],
    beside: statusBadge(key),
    lead: roleMeanings[key.role],
    attempt,
    body: html`${section(
      'About this key',
      facts([
        ['Role', roleInWords(key.role, key.tenant_id)],
        ['Made', html`${time(key.created_at)} by ${key.created_by}`],
        ['Token made', timeOr(key.rotated_at ?? key.created_at, '')],
        ['Last used', timeOr(key.last_used_at, 'never')],
        ['Refused from', time(key.expires_at)],
        key.revoked_at === null ? null : ['Revoked', html`${time(key.revoked_at)} by ${key.revoked_by ?? ''}`],
        [
          'Its name in the audit log',
          html`<a href="/audit?subject=key:${key.key_id}"><span class="id">key:${key.key_id}</span></a>`,
        ],
      ]),
    )}
${key.status === 'revoked' ? none : section('Actions', keyForms(key, attempt))}`,
  });
};

const keyForms = (key: Key, attempt: Attempt | null): Html => {
  const { key_id, name, status } = key;
  const version = versionOf(gateway.getApiKey, key);
  return html`${
    status === 'active'
      ? disclosedForm(
          'Rotate',
          {
            name: 'rotate',
            sends: gateway.rotateApiKey,
            action: `/api-keys/${key_id}/rotate`,
            attempt,
            version,
            submit: 'Make a new token',
            fields: [
              {
                name: 'overlap',
                label: 'The former token is accepted for',
                kind: 'choice',
                value: '3600',
                choices: [
                  ['3600', 'one more hour'],
                  ['86400', 'one more day'],
                  ['0', 'no longer, refuse it at once'],
                ],
              },
            ],
          },
          html`<p>The key keeps its name and its rights.</p>`,
        )
      : none
  }${disclosedForm(
    'Revoke',
    {
      name: 'revoke',
      sends: gateway.revokeApiKey,
      action: `/api-keys/${key_id}/revoke`,
      attempt,
      version,
      submit: `Revoke ${name}`,
      isDangerous: true,
      fields: [],
    },
    html`<p>Every request with it is refused from then on. It cannot be undone.</p>`,
  )}`;
};
