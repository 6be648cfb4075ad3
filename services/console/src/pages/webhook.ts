import { notifications, type RequestOutput } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm, InvalidForm, type Values } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { filters, pager } from '../html/list.ts';
import { part, shown } from '../html/part.ts';
import { cards, facts, figureCard, section } from '../html/table.ts';
import { instantIn } from '../words/entered-time.ts';
import { countOf, typeInWords } from '../words/names.ts';
import { time, timeOr } from '../words/time.ts';
import { filled } from './invoices.ts';
import { deliveryStatuses, deliveryTable } from './webhook-delivery.ts';
import {
  type Endpoint,
  endpointBadge,
  endpointField,
  endpointFields,
  endpointIn,
  endpointWords,
} from './webhook-fields.ts';

type Summary = RequestOutput<typeof notifications.summarizeWebhookEndpoint>;
type WithSecret = RequestOutput<typeof notifications.createWebhookEndpoint>;

/** One webhook endpoint: how its deliveries stand, and everything that can be done with it. */
export const registerWebhook = (app: HttpApp): void => {
  app.get('/webhooks/:id', (c) => webhookPage(c, null));
  command(app, 'change', async (c, values, sending) => {
    await c
      .get('api')
      .request(notifications.updateWebhookEndpoint, { endpoint_id: id(c), ...endpointIn(values) }, sending);
    return 'The endpoint is changed; notifications that wait go to its present URL.';
  });
  command(app, 'test', async (c, _, sending) => {
    await c.get('api').request(notifications.testWebhookEndpoint, { endpoint_id: id(c) }, sending);
    return 'A test notification is on its way; its outcome appears in the log below.';
  });
  command(app, 'enable', async (c, _, sending) => {
    await c.get('api').request(notifications.enableWebhookEndpoint, { endpoint_id: id(c) }, sending);
    return 'The endpoint is enabled. To send what was skipped meanwhile, replay it.';
  });
  command(app, 'disable', async (c, _, sending) => {
    await c.get('api').request(notifications.disableWebhookEndpoint, { endpoint_id: id(c) }, sending);
    return 'The endpoint is disabled: nothing is posted to it until it is enabled again.';
  });
  command(app, 'replay', async (c, values, sending) => {
    const input = { endpoint_id: id(c), ...replayIn(values) };
    const { replayed } = await c.get('api').request(notifications.replayWebhookDeliveries, input as never, sending);
    return `${countOf(replayed, 'notification')} ${replayed === 1 ? 'is' : 'are'} sent again.`;
  });
  app.post('/webhooks/:id/rotate', (c) =>
    handleForm(c, {
      form: 'rotate',
      run: async ({ overlap = '' }, sending) => {
        const input = { endpoint_id: id(c), overlap_seconds: Number(overlap) };
        return secretPage(c, await c.get('api').request(notifications.rotateWebhookSecret, input, sending));
      },
      again: (attempt) => webhookPage(c, attempt),
      fieldOf: () => 'overlap',
    }),
  );
  app.post('/webhooks/:id/delete', (c) =>
    handleForm(c, {
      form: 'delete',
      run: async (_, sending) => {
        const { url } = await c
          .get('api')
          .request(notifications.deleteWebhookEndpoint, { endpoint_id: id(c) }, sending);
        return { to: '/webhooks', text: `The endpoint ${url} is deleted with its log.` };
      },
      again: (attempt) => webhookPage(c, attempt),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';

const command = (
  app: HttpApp,
  name: string,
  run: (c: HttpContext, values: Values, sending: Sending) => Promise<string>,
): void => {
  app.post(`/webhooks/:id/${name}`, (c) =>
    handleForm(c, {
      form: name,
      run: async (values, sending) => ({ to: `/webhooks/${id(c)}`, text: await run(c, values, sending) }),
      again: (attempt) => webhookPage(c, attempt),
      fieldOf: endpointField,
      fieldOfWord: endpointWords,
    }),
  );
};

const replayIn = ({ from = '', statuses = '' }: Values) => {
  const since = instantIn(from, 'from');
  const chosen = statuses.split(',').filter(Boolean);
  const faults = {
    ...(since === null ? { from: 'Enter a UTC time such as 2026-04-01 or 2026-04-01 12:00.' } : {}),
    ...(chosen.length === 0 ? { statuses: 'Tick at least one.' } : {}),
  };
  if (since === null || chosen.length === 0) throw new InvalidForm(faults);
  return { from: since, statuses: chosen };
};

/** The only page that ever shows the secret. Nothing but this answer holds it, so it is no redirect. */
export const secretPage = (c: HttpContext, { endpoint_id, url, secret }: WithSecret): Promise<Response> =>
  show(c, {
    title: 'Secret of the endpoint',
    current: '/webhooks',
    crumbs: [['Webhook endpoints', '/webhooks']],
    lead: html`<span class="long">${url}</span>`,
    body: section(
      secret === null ? 'It was shown before' : 'Copy it now: it is shown this once',
      secret === null
        ? html`<p>The form was sent twice, and the secret is shown once only. If it was not copied, <a href="/webhooks/${endpoint_id}">make a new one</a>.</p>`
        : html`<p>The receiving program checks the signature of each notification with it, as the libraries of Standard Webhooks do.</p><div class="field"><label for="secret">Secret</label><textarea id="secret" class="secret" rows="2" readonly autocomplete="off" spellcheck="false">${secret}</textarea></div><p><a href="/webhooks/${endpoint_id}">I have copied it</a></p>`,
    ),
  });

const webhookPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const endpoint_id = id(c);
  const query = c.req.query();
  const at = `/webhooks/${endpoint_id}`;
  const [{ answer: endpoint, version }, summary, deliveries] = await Promise.all([
    api.read(notifications.getWebhookEndpoint, { endpoint_id }),
    part(api.request(notifications.summarizeWebhookEndpoint, { endpoint_id })),
    part(
      api.request(notifications.listWebhookDeliveries, {
        endpoint_id,
        limit: 50,
        ...filled({ status: query['status'], cursor: query['cursor'] }),
      } as never),
    ),
  ]);
  return show(c, {
    title: 'Webhook endpoint',
    current: '/webhooks',
    crumbs: [['Webhook endpoints', '/webhooks']],
    beside: endpointBadge(endpoint),
    lead: html`<span class="long">${endpoint.url}</span>${endpoint.description === '' ? none : html`: ${endpoint.description}`}`,
    attempt,
    body: html`${shown(summary, summaryCards)}
${section(
  'Deliveries, newest first',
  html`${filters(at, [{ name: 'status', label: 'Status', choices: deliveryStatuses }], query)}${shown(deliveries, ({ items, next_cursor }) => html`${deliveryTable(items)}${pager(at, query, next_cursor)}`)}${endpoint.status === 'enabled' ? html`${form({ name: 'test', sends: notifications.testWebhookEndpoint, action: `${at}/test`, fields: [], submit: 'Send a test notification', attempt })}${replayForm(at, attempt)}` : none}`,
  { id: 'deliveries' },
)}
${section(
  'About this endpoint',
  facts([
    ['Notified of', endpoint.tenant_id === null ? 'all tenants' : tenantLink(endpoint.tenant_id)],
    ['Types', html`${endpoint.event_types.map((type) => html`<span>${typeInWords(type)}</span><br>`)}`],
    [
      'Secrets',
      html`${endpoint.secrets.map(({ created_at, expires_at }) => html`<span>made ${time(created_at)}${expires_at === null ? none : html`, signs until ${time(expires_at)}`}</span><br>`)}`,
    ],
    endpoint.disabled_at === null ? null : ['Disabled', time(endpoint.disabled_at)],
    ['Added', html`${time(endpoint.created_at)} by ${endpoint.created_by}`],
    ['Id', html`<span class="id">${endpoint.endpoint_id}</span>`],
  ]),
)}
${section('Change', changeForms(c, endpoint, { version, attempt }))}`,
  });
};

const summaryCards = (summary: Summary): Html =>
  cards([
    figureCard({
      name: 'Waiting',
      value: summary.pending.toLocaleString('en'),
      note: html`${summary.next_attempt_at === null ? 'nothing waits' : html`next attempt ${time(summary.next_attempt_at)}`}`,
    }),
    figureCard({
      name: 'Delivered',
      value: summary.delivered.toLocaleString('en'),
      note: html`last ${timeOr(summary.last_success_at, 'never')}`,
    }),
    figureCard({
      name: 'Failed',
      value: summary.failed.toLocaleString('en'),
      note:
        summary.failing_since === null
          ? 'the last attempt succeeded'
          : html`failing since ${time(summary.failing_since)}`,
    }),
    figureCard({
      name: 'Skipped',
      value: summary.skipped.toLocaleString('en'),
      note: 'while it was disabled',
    }),
  ]);

const replayForm = (at: string, attempt: Attempt | null): Html =>
  disclosedForm(
    'Send notifications again',
    {
      name: 'replay',
      sends: notifications.replayWebhookDeliveries,
      action: `${at}/replay`,
      attempt,
      submit: 'Send them again',
      fields: [
        {
          name: 'from',
          label: 'Since',
          hint: 'When they occurred, in UTC: 2026-04-01 or 2026-04-01 12:00.',
          isRequired: true,
        },
        {
          name: 'statuses',
          label: 'Those that were',
          kind: 'ticks',
          value: 'failed,skipped',
          choices: deliveryStatuses.filter(([status]) => status !== 'pending'),
        },
      ],
    },
    html`<p>Each keeps its webhook-id, so a program that has received one already recognises it.</p>`,
  );

const changeForms = (
  c: HttpContext,
  endpoint: Endpoint,
  { version, attempt }: { version: string | null; attempt: Attempt | null },
): Html => {
  const at = `/webhooks/${endpoint.endpoint_id}`;
  const common = { version, attempt, fields: [] };
  return html`${disclosedForm('Change the endpoint', { ...common, name: 'change', sends: notifications.updateWebhookEndpoint, action: `${at}/change`, submit: 'Save', fields: endpointFields(c, endpoint) })}${disclosedForm(
    'Make a new secret',
    {
      ...common,
      name: 'rotate',
      sends: notifications.rotateWebhookSecret,
      action: `${at}/rotate`,
      submit: 'Make a new secret',
      fields: [
        {
          name: 'overlap',
          label: 'The former secret signs for',
          kind: 'choice',
          value: '86400',
          choices: [
            ['3600', 'one more hour'],
            ['86400', 'one more day'],
            ['604800', 'one more week'],
            ['0', 'no longer, from now on only the new one'],
          ],
        },
      ],
    },
    html`<p>Meanwhile each notification is signed with both, so the receiving program can change over in time.</p>`,
  )}${
    endpoint.status === 'enabled'
      ? disclosedForm(
          'Disable it',
          {
            ...common,
            name: 'disable',
            sends: notifications.disableWebhookEndpoint,
            action: `${at}/disable`,
            submit: 'Disable it',
          },
          html`<p>What waits and what comes is skipped. It can be replayed once the endpoint is enabled again.</p>`,
        )
      : form({
          ...common,
          name: 'enable',
          sends: notifications.enableWebhookEndpoint,
          action: `${at}/enable`,
          submit: 'Enable it again',
        })
  }${disclosedForm(
    'Delete it',
    {
      ...common,
      name: 'delete',
      sends: notifications.deleteWebhookEndpoint,
      action: `${at}/delete`,
      submit: 'Delete the endpoint',
      isDangerous: true,
    },
    html`<p>Its secrets and its log of deliveries are deleted with it. It cannot be undone.</p>`,
  )}`;
};
