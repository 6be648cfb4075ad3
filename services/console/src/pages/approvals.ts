import { gateway, type RequestOutput, versionOf } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { filters, pager } from '../html/list.ts';
import { facts, section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { changesOf } from '../words/changes.ts';
import { commandInWords } from '../words/commands.ts';
import { inWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { listAside } from './list-files.ts';

type Approval = RequestOutput<typeof gateway.getApproval>;

const statuses = [
  ['waiting', 'Waiting'],
  ['approved', 'Approved'],
  ['denied', 'Denied'],
  ['expired', 'Expired'],
] as const;

/** Commands that destroy or pay and wait for a second person. */
export const registerApprovals = (app: HttpApp): void => {
  app.get('/approvals', async (c) => {
    const query = c.req.query();
    const page = await readList(c, '/approvals');
    return show(c, {
      title: 'Approvals',
      current: '/approvals',
      lead: 'Commands that destroy or pay and need a second person, where the operator has set that (FOUR_EYES).',
      body: html`${filters('/approvals', [{ name: 'status', label: 'Status', choices: statuses }], query)}
${section('Newest first', html`${approvalTable(page.items)}${pager('/approvals', query, page.next_cursor)}`, { aside: listAside('/approvals', query, page) })}`,
    });
  });
  app.get('/approvals/:id', (c) => approvalPage(c, null));
  app.post('/approvals/:id/approve', (c) =>
    handleForm(c, {
      form: 'approve',
      run: async (_, sending) => {
        const { request, outcome } = await c.get('api').request(gateway.approve, { approval_id: id(c) }, sending);
        return {
          to: `/approvals/${id(c)}`,
          text:
            outcome === 'done'
              ? `Approved and done: ${commandInWords(request)}.`
              : 'Approved and sent, but the service refused it; see below why.',
        };
      },
      again: (attempt) => approvalPage(c, attempt),
    }),
  );
  app.post('/approvals/:id/deny', (c) =>
    handleForm(c, {
      form: 'deny',
      run: async ({ reason = '' }, sending) => {
        await c.get('api').request(gateway.deny, { approval_id: id(c), reason: reason.trim() }, sending);
        return { to: `/approvals/${id(c)}`, text: 'The command is not sent, now or later.' };
      },
      again: (attempt) => approvalPage(c, attempt),
    }),
  );
};

const id = (c: HttpContext): string => c.req.param('id') ?? '';

const statusBadge = ({ status, outcome }: Approval): Html =>
  outcome !== null && outcome !== 'done'
    ? badge('refused', 'Approved, then refused')
    : badge(
        { waiting: 'waiting', approved: 'completed', denied: 'refused', expired: 'paused' }[status],
        inWords(status),
      );

const approvalTable = (items: readonly Approval[]): Html =>
  table({
    caption: 'Commands that need a second person',
    empty: 'No command waits for a second person.',
    rows: items,
    columns: [
      {
        head: 'Command',
        isName: true,
        cell: ({ approval_id, request }) => html`<a href="/approvals/${approval_id}">${commandInWords(request)}</a>`,
      },
      { head: 'Status', cell: statusBadge },
      {
        head: 'Sent by',
        cell: ({ requested_by, requested_at }) => html`${requested_by}<small>${time(requested_at)}</small>`,
      },
      {
        head: 'Decided by',
        cell: ({ decided_by, decided_at, status, expires_at }) =>
          decided_by === null
            ? html`<span class="quiet">${status === 'expired' ? 'no one, expired' : 'open until'} ${time(expires_at)}</span>`
            : html`${decided_by}${decided_at === null ? none : html`<small>${time(decided_at)}</small>`}`,
      },
    ],
  });

const approvalPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const found = await c.get('api').request(gateway.getApproval, { approval_id: id(c) });
  const { subject } = c.get('session').person;
  const entered = changesOf(null, found.input).map(({ what, is }) => [what, is] as const);
  return show(c, {
    title: commandInWords(found.request),
    current: '/approvals',
    crumbs: [['Approvals', '/approvals']],
    beside: statusBadge(found),
    lead: html`Sent by ${found.requested_by}, ${time(found.requested_at)}.`,
    attempt,
    body: html`${section('What would be done', html`${facts([['Command', html`<span class="id">${found.request}</span>`], ...entered])}${objectOf(found)}`)}
${found.status === 'waiting' ? section('Decide', decisionForms(found, { isOwn: found.requested_by === subject, attempt })) : section('Decision', decisionOf(found))}`,
  });
};

/** The page of the object that the command is about. */
const objectOf = ({ input }: Approval): Html => {
  const { invoice_id, deployment_id, period } = (input ?? {}) as Readonly<Record<string, unknown>>;
  const link = (path: string, words: string): Html => html`<p><a href="${path}">${words}</a></p>`;
  if (typeof invoice_id === 'string') return link(`/invoices/${invoice_id}`, 'Open the invoice');
  if (typeof deployment_id === 'string') return link(`/deployments/${deployment_id}`, 'Open the deployment');
  return typeof period === 'string' ? link(`/periods/${period}`, 'Open the period') : none;
};

const decisionForms = (
  found: Approval,
  { isOwn, attempt }: { isOwn: boolean; attempt: Attempt | null },
): Html => html`<p class="quiet">Until ${time(found.expires_at)} a second person may decide.${isOwn ? ' You have sent this command, so another person must approve it.' : ''}</p>
${isOwn ? none : form({ name: 'approve', sends: gateway.approve, version: versionOf(gateway.getApproval, found), action: `/approvals/${found.approval_id}/approve`, fields: [], submit: 'Approve and send it', attempt })}
${disclosedForm(isOwn ? 'Withdraw it' : 'Deny it', {
  name: 'deny',
  sends: gateway.deny,
  version: versionOf(gateway.getApproval, found),
  action: `/approvals/${found.approval_id}/deny`,
  submit: isOwn ? 'Withdraw it' : 'Deny it',
  attempt,
  fields: [{ name: 'reason', label: 'Reason', hint: 'Kept with the command.', isRequired: true }],
})}`;

const decisionOf = ({ status, decided_by, decided_at, reason, outcome, answer, expires_at }: Approval): Html => {
  const refusal = (answer as { detail?: string } | null)?.detail;
  return facts([
    ['Status', inWords(status)],
    decided_by === null ? ['Expired', time(expires_at)] : ['By', decided_by],
    decided_at === null ? null : ['When', time(decided_at)],
    reason === null ? null : ['Reason', reason],
    outcome === null ? null : ['Outcome', outcome === 'done' ? 'done' : `refused: ${refusal ?? inWords(outcome)}`],
  ]);
};
