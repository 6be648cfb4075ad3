import { notifications, type RequestOutput } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { facts, section, table } from '../html/table.ts';
import { typeInWords } from '../words/names.ts';
import { time } from '../words/time.ts';

type Mail = RequestOutput<typeof notifications.listMails>['items'][number];
type Tried = NonNullable<Mail['last_attempt']>;

export const mailStatuses = [
  ['pending', 'Waiting'],
  ['delivered', 'Delivered'],
  ['failed', 'Failed'],
  ['skipped', 'Not sent'],
] as const;

const reasons = {
  suppressed: 'the mail server refused this address before',
  'too-old': 'it occurred too long ago',
  settled: 'nothing is due on the invoice any more',
} as const;

export const mailBadge = ({ status, skipped_because }: Mail): Html =>
  html`${badge(status === 'delivered' ? 'completed' : status, new Map<string, string>(mailStatuses).get(status) ?? status)}${skipped_because === null ? none : html`<small>${reasons[skipped_because]}</small>`}`;

/** What came of an attempt: the reply of the mail server, or why there was none. */
export const outcomeOf = ({ answer, error }: Tried): string =>
  [error, answer].filter((text) => text !== null).join(': ') || 'accepted';

/** One mail: its text, and what came of each attempt. */
export const registerMail = (app: HttpApp): void => {
  app.get('/mails/:id', (c) => mailPage(c, null));
  app.post('/mails/:id/replay', (c) =>
    handleForm(c, {
      form: 'replay',
      run: async (_, sending) => {
        await c.get('api').request(notifications.replayMail, { mail_id: id(c) }, sending);
        return { to: `/mails/${id(c)}`, text: 'The mail is sent again, with the same Message-ID.' };
      },
      again: (attempt) => mailPage(c, attempt),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';

const mailPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const found = await c.get('api').request(notifications.getMail, { mail_id: id(c) });
  return show(c, {
    title: found.subject ?? typeInWords(found.type),
    current: '/mails',
    crumbs: [['Mails', '/mails']],
    beside: mailBadge(found),
    lead: html`To ${found.recipient}. Occurred ${time(found.occurred_at)}.${found.next_attempt_at === null ? none : html` Next attempt ${time(found.next_attempt_at)}.`}`,
    attempt,
    body: html`${section('Attempts, newest first', html`${attemptTable(found.recent_attempts)}${form({ name: 'replay', sends: notifications.replayMail, action: `/mails/${found.mail_id}/replay`, fields: [], submit: 'Send it again', attempt })}`)}
${section('Text', found.text === null ? html`<p class="empty">It cannot be shown: it holds what your role does not include, its tenant or its invoice is not known here, or no mail server is set.</p>` : html`<pre>${found.text}</pre>`)}
${section(
  'About this mail',
  facts([
    ['About', typeInWords(found.type)],
    ['Tenant', found.tenant_id === null ? 'the operator' : tenantLink(found.tenant_id)],
    ['Language', found.language === 'de' ? 'German' : 'English'],
    ['Attempts', String(found.attempts)],
    ['Message-ID begins with', html`<span class="id">${found.notification_id}</span>`],
    ['Id', html`<span class="id">${found.mail_id}</span>`],
  ]),
)}`,
  });
};

const attemptTable = (items: readonly Tried[]): Html =>
  table({
    caption: 'Attempts to hand the mail to the mail server, newest first',
    empty: 'No attempt was made yet.',
    rows: items,
    columns: [
      { head: 'Attempt', isName: true, cell: ({ number }) => `Attempt ${number}` },
      { head: 'When', cell: ({ attempted_at }) => time(attempted_at) },
      { head: 'Outcome', cell: outcomeOf },
      { head: 'Took', isFigure: true, cell: ({ duration_ms }) => `${duration_ms.toLocaleString('en')} ms` },
    ],
  });
