import { notifications } from '@arcadia/contracts';
import { handleForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { countOf } from '../words/names.ts';
import { time } from '../words/time.ts';
import { listAside } from './list-files.ts';
import { registerWebhook, secretPage } from './webhook.ts';
import { registerWebhookDelivery } from './webhook-delivery.ts';
import {
  type Endpoint,
  endpointBadge,
  endpointField,
  endpointFields,
  endpointIn,
  endpointWords,
  isOperator,
} from './webhook-fields.ts';

/** The addresses of programs that are notified: made here, each with its deliveries on its own page. */
export const registerWebhooks = (app: HttpApp): void => {
  app.get('/webhooks', (c) => webhooksPage(c, null));
  app.post('/webhooks', (c) =>
    handleForm(c, {
      form: 'endpoint',
      run: async (values, sending) => {
        const input = { ...endpointIn(values), ...tenantIn(c, values) };
        return secretPage(c, await c.get('api').request(notifications.createWebhookEndpoint, input, sending));
      },
      again: (attempt) => webhooksPage(c, attempt),
      fieldOf: endpointField,
      fieldOfWord: endpointWords,
    }),
  );
  registerWebhookDelivery(app);
  registerWebhook(app);
};

const tenantIn = (c: HttpContext, { tenant_id = '' }: Values) =>
  isOperator(c) && tenant_id.trim() !== '' ? { tenant_id: tenant_id.trim() } : {};

const webhooksPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const query = c.req.query();
  const page = await readList(c, '/webhooks');
  return show(c, {
    title: 'Webhook endpoints',
    current: '/webhooks',
    lead: 'A program of yours is notified of what happens: each notification is posted to its URL, signed with a secret, and repeated until it is received.',
    attempt,
    body: html`${section('Newest first', html`${endpointTable(page.items, isOperator(c))}${pager('/webhooks', query, page.next_cursor)}`, { aside: listAside('/webhooks', query, page) })}
${disclosedForm('Add an endpoint', {
  name: 'endpoint',
  sends: notifications.createWebhookEndpoint,
  action: '/webhooks',
  attempt,
  submit: 'Add the endpoint',
  fields: [
    ...endpointFields(c, null),
    ...(isOperator(c)
      ? [{ name: 'tenant_id', label: 'Only for a tenant', hint: 'Its id. Empty: notifications of all tenants.' }]
      : []),
  ],
})}`,
  });
};

const endpointTable = (items: readonly Endpoint[], isForOperator: boolean): Html =>
  table({
    caption: 'Webhook endpoints, newest first',
    empty: 'No program is notified yet. Add an endpoint below to have notifications posted to it.',
    rows: items,
    columns: [
      {
        head: 'URL',
        isName: true,
        cell: ({ endpoint_id, url, description }) =>
          html`<a href="/webhooks/${endpoint_id}" class="long">${url}</a><small>${description}</small>`,
      },
      { head: 'Status', cell: endpointBadge },
      ...(isForOperator
        ? [
            {
              head: 'Notified of',
              cell: ({ tenant_id }: Endpoint) => (tenant_id === null ? 'all tenants' : tenantLink(tenant_id)),
            },
          ]
        : []),
      { head: 'Types', isFigure: true, cell: ({ event_types }) => countOf(event_types.length, 'type') },
      { head: 'Added', cell: ({ created_at, created_by }) => html`${time(created_at)}<small>by ${created_by}</small>` },
    ],
  });
