import { notifications, type RequestOutput } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { filters, pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { maySend } from '../permission.ts';
import { typeInWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { listAside } from './list-files.ts';
import { mailBadge, mailStatuses, outcomeOf, registerMail } from './mail.ts';

type Mail = RequestOutput<typeof notifications.listMails>['items'][number];
type Suppression = RequestOutput<typeof notifications.listMailSuppressions>['items'][number];

/** The log of mails, and the addresses that get none because the mail server refused them. */
export const registerMails = (app: HttpApp): void => {
  app.get('/mails', mailsPage);
  app.get('/mails/suppressions', (c) => suppressionsPage(c, null));
  app.post('/mails/suppressions/:id/lift', (c) =>
    handleForm(c, {
      form: `lift-${c.req.param('id')}`,
      run: async (_, sending) => {
        const input = { suppression_id: c.req.param('id') };
        const { recipient } = await c.get('api').request(notifications.deleteMailSuppression, input, sending);
        return {
          to: '/mails/suppressions',
          text: `${recipient} gets mails again. Those that were not sent are sent once they are sent again by hand.`,
        };
      },
      again: (attempt) => suppressionsPage(c, attempt),
    }),
  );
  registerMail(app);
};

const mailsPage = async (c: HttpContext): Promise<Response> => {
  const query = c.req.query();
  const isOperator = c.get('session').person.tenantId === null;
  const page = await readList(c, '/mails');
  const fields = [
    { name: 'recipient', label: 'To', placeholder: 'address' },
    ...(isOperator ? [{ name: 'tenant', label: 'Tenant', placeholder: 'id' }] : []),
    { name: 'status', label: 'Status', choices: mailStatuses },
  ];
  return show(c, {
    title: 'Mails',
    current: '/mails',
    lead: html`Mails about invoices, credit notes and alerts, one to each recipient.${maySend(notifications.listMailSuppressions) ? html` <a href="/mails/suppressions">Addresses that get no mails</a>` : none}`,
    body: html`${filters('/mails', fields, query)}
${section('Newest first', html`${mailTable(page.items, { isOperator, isFiltered: fields.some(({ name }) => Boolean(query[name])) })}${pager('/mails', query, page.next_cursor)}`, { aside: listAside('/mails', query, page) })}`,
  });
};

const emptyList = ({ isOperator, isFiltered }: { isOperator: boolean; isFiltered: boolean }): string => {
  if (isFiltered) return 'No mail matches these filters.';
  return isOperator
    ? 'No mail has been made yet. A tenant gets mails once its billing profile has recipients, and the system once SMTP_URL is set.'
    : 'No mail has been made for you yet. The operator adds the addresses that get them to your billing profile.';
};

const mailTable = (items: readonly Mail[], looks: { isOperator: boolean; isFiltered: boolean }): Html =>
  table({
    caption: 'Mails, newest first',
    empty: emptyList(looks),
    rows: items,
    columns: [
      {
        head: 'About',
        isName: true,
        cell: ({ mail_id, type }) => html`<a href="/mails/${mail_id}">${typeInWords(type)}</a>`,
      },
      { head: 'To', cell: ({ recipient }) => recipient },
      ...(looks.isOperator
        ? [
            {
              head: 'Tenant',
              cell: ({ tenant_id }: Mail) => (tenant_id === null ? 'the operator' : tenantLink(tenant_id)),
            },
          ]
        : []),
      { head: 'Occurred', cell: ({ occurred_at }) => time(occurred_at) },
      {
        head: 'Status',
        cell: (mail) =>
          html`${mailBadge(mail)}${mail.next_attempt_at === null ? none : html`<small>next attempt ${time(mail.next_attempt_at)}</small>`}`,
      },
      {
        head: 'Last attempt',
        cell: ({ last_attempt }) =>
          last_attempt === null
            ? html`<span class="quiet">none yet</span>`
            : html`${outcomeOf(last_attempt)}<small>${time(last_attempt.attempted_at)}</small>`,
      },
    ],
  });

const suppressionsPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const query = c.req.query();
  const page = await readList(c, '/mails/suppressions');
  return show(c, {
    title: 'Addresses that get no mails',
    current: '/mails',
    needs: notifications.listMailSuppressions,
    crumbs: [['Mails', '/mails']],
    lead: 'The mail server refused these addresses for good, so nothing is sent to them. Let an address get mails again once its owner has set it right.',
    attempt,
    body: html`${filters('/mails/suppressions', [{ name: 'recipient', label: 'Address' }], query)}
${section('Newest first', html`${suppressionTable(page.items, attempt)}${pager('/mails/suppressions', query, page.next_cursor)}`, { aside: listAside('/mails/suppressions', query, page) })}`,
  });
};

const suppressionTable = (items: readonly Suppression[], attempt: Attempt | null): Html =>
  table({
    caption: 'Addresses that get no mails, newest first',
    empty: 'There is none: the mail server has refused no address for good.',
    rows: items,
    columns: [
      { head: 'Address', isName: true, cell: ({ recipient }) => recipient },
      { head: 'Since', cell: ({ suppressed_at }) => time(suppressed_at) },
      { head: 'Reply of the mail server', cell: ({ answer }) => answer },
      {
        head: '',
        cell: ({ suppression_id }) =>
          form({
            name: `lift-${suppression_id}`,
            sends: notifications.deleteMailSuppression,
            action: `/mails/suppressions/${suppression_id}/lift`,
            fields: [],
            submit: 'Let it get mails again',
            attempt,
          }),
      },
    ],
  });
