import { notifications, type RequestOutput } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { facts, section, table } from '../html/table.ts';
import { typeInWords } from '../words/names.ts';
import { time, timeOr } from '../words/time.ts';

type Delivery = RequestOutput<typeof notifications.listWebhookDeliveries>['items'][number];
type Tried = NonNullable<Delivery['last_attempt']>;

export const deliveryStatuses = [
  ['pending', 'Waiting'],
  ['delivered', 'Delivered'],
  ['failed', 'Failed'],
  ['skipped', 'Skipped'],
] as const;

/** One delivery: what was posted, and what came back at each attempt. */
export const registerWebhookDelivery = (app: HttpApp): void => {
  app.get('/webhooks/deliveries/:delivery', (c) => deliveryPage(c, null));
  app.post('/webhooks/deliveries/:delivery/replay', (c) =>
    handleForm(c, {
      form: 'replay',
      run: async (_, sending) => {
        await c.get('api').request(notifications.replayWebhookDelivery, { delivery_id: id(c) }, sending);
        return {
          to: `/webhooks/deliveries/${id(c)}`,
          text: 'The notification is sent again, with the same webhook-id.',
        };
      },
      again: (attempt) => deliveryPage(c, attempt),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('delivery') ?? '';

const deliveryBadge = ({ status }: Delivery): Html =>
  badge(status === 'delivered' ? 'completed' : status, new Map<string, string>(deliveryStatuses).get(status) ?? status);

const deliveryPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const found = await c.get('api').request(notifications.getWebhookDelivery, { delivery_id: id(c) });
  return show(c, {
    title: typeInWords(found.type),
    current: '/webhooks',
    crumbs: [
      ['Webhook endpoints', '/webhooks'],
      ['Endpoint', `/webhooks/${found.endpoint_id}`],
    ],
    beside: deliveryBadge(found),
    lead: html`Occurred ${time(found.occurred_at)}.${found.next_attempt_at === null ? none : html` Next attempt ${time(found.next_attempt_at)}.`}`,
    attempt,
    body: html`${section('Attempts, newest first', html`${attemptTable(found.recent_attempts)}${form({ name: 'replay', sends: notifications.replayWebhookDelivery, action: `/webhooks/deliveries/${found.delivery_id}/replay`, fields: [], submit: 'Send it again', attempt })}`)}
${section('Body', found.body === null ? html`<p class="empty">It holds the provider’s costs, which your role does not include.</p>` : html`<pre>${found.body}</pre>`)}
${section(
  'About this delivery',
  facts([
    ['Type', html`<code>${found.type}</code>`],
    ['webhook-id', html`<span class="id">${found.webhook_id}</span>`],
    ['Attempts', String(found.attempts)],
    ['Id', html`<span class="id">${found.delivery_id}</span>`],
  ]),
)}`,
  });
};

const outcomeOf = ({ http_status, error }: Tried): string =>
  [http_status === null ? null : `status ${http_status}`, error].filter((text) => text !== null).join(': ');

const attemptTable = (items: readonly Tried[]): Html =>
  table({
    caption: 'Attempts to post the notification, newest first',
    empty: 'No attempt was made yet.',
    rows: items,
    columns: [
      { head: 'Attempt', isName: true, cell: ({ number }) => `Attempt ${number}` },
      { head: 'When', cell: ({ attempted_at }) => time(attempted_at) },
      { head: 'Outcome', cell: (tried) => html`${outcomeOf(tried)}<small>${tried.answer ?? ''}</small>` },
      { head: 'Took', isFigure: true, cell: ({ duration_ms }) => `${duration_ms.toLocaleString('en')} ms` },
    ],
  });

export const deliveryTable = (items: readonly Delivery[]): Html =>
  table({
    caption: 'Deliveries, newest first',
    empty: 'No notification has been sent to it. Send a test notification to see whether it is received.',
    rows: items,
    columns: [
      {
        head: 'Notification',
        isName: true,
        cell: ({ delivery_id, type }) => html`<a href="/webhooks/deliveries/${delivery_id}">${typeInWords(type)}</a>`,
      },
      { head: 'Occurred', cell: ({ occurred_at }) => time(occurred_at) },
      { head: 'Status', cell: deliveryBadge },
      {
        head: 'Last attempt',
        cell: ({ last_attempt }) =>
          last_attempt === null
            ? html`<span class="quiet">none yet</span>`
            : html`${outcomeOf(last_attempt)}<small>${time(last_attempt.attempted_at)}</small>`,
      },
      { head: 'Next attempt', cell: ({ next_attempt_at }) => timeOr(next_attempt_at, 'none') },
      { head: 'Attempts', isFigure: true, cell: ({ attempts }) => String(attempts) },
    ],
  });
