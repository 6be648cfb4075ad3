import { randomUUID } from 'node:crypto';
import { isRefusal, notifications, type RequestOutput, refuse, tenantScope } from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import {
  findMail,
  isSuppressed,
  type MailAttemptRow,
  type MailRow,
  mailAttemptsOf,
  makeMailDue,
  pageOfMails,
} from '../store/mails.ts';
import type { Tables } from '../store/schema.ts';
import { writeMail } from './write-mail.ts';

type View = RequestOutput<typeof notifications.replayMail>;

const noSuchMail = (deliveryId: string) => refuse('not-found', `There is no mail ${deliveryId}.`);
const mostAttemptsShown = 50;

const attemptOf = ({ number, attempted_at, duration_ms, code, answer, error }: MailAttemptRow) => ({
  ...{ number, attempted_at, duration_ms, smtp_code: code, answer, error },
});

/** A mail as the API shows it. */
const viewOf = (row: MailRow): View => {
  const { number, attempted_at, duration_ms, code, answer, error } = row;
  return {
    mail_id: row.delivery_id,
    notification_id: row.notification_id,
    tenant_id: row.tenant_id,
    recipient: row.recipient,
    language: row.language,
    type: row.type,
    occurred_at: row.occurred_at,
    status: row.state,
    skipped_because: row.skipped_because,
    attempts: row.attempts,
    next_attempt_at: row.due_at,
    last_attempt:
      number === null || attempted_at === null || duration_ms === null
        ? null
        : attemptOf({ number, attempted_at, duration_ms, code, answer, error }),
  };
};

export async function listMails({ input, actor }: ReadRequest<typeof notifications.listMails>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const scope = tenantScope(actor);
  // A tenant that names another one gets the empty list of a tenant that does not exist.
  if (scope !== null && (input.tenant_id ?? scope) !== scope) return { items: [], next_cursor: null };
  const { status: state, recipient, limit } = input;
  const tenantId = scope ?? input.tenant_id ?? null;
  const rows = await pageOfMails(ctx.db, { tenantId, state, recipient, after, limit });
  return cutPage(rows, { limit, keyOf: ({ occurred_at, delivery_id }) => [occurred_at, delivery_id], itemOf: viewOf });
}

export async function getMail({ input, actor }: ReadRequest<typeof notifications.getMail>, ctx: Context) {
  const row = await findMail(ctx.db, { deliveryId: input.mail_id, tenantId: tenantScope(actor) });
  if (row === null) return noSuchMail(input.mail_id);
  const attempts = await mailAttemptsOf(ctx.db, row.delivery_id, mostAttemptsShown);
  const text = notifications.mayReadNotification(actor, row.type)
    ? await textOf(ctx, row)
    : { subject: null, text: null };
  return { ...viewOf(row), ...text, recent_attempts: attempts.map(attemptOf) };
}

/** Subject and text as they would be sent now, without the document; null where they cannot be written. */
async function textOf(ctx: Context, row: MailRow): Promise<{ subject: string | null; text: string | null }> {
  const nothing = { subject: null, text: null };
  const { mail } = ctx.config;
  if (mail === null) return nothing;
  try {
    const written = await writeMail(ctx, mail, { ...row, is_without_document: true }, new Map());
    return 'mail' in written ? { subject: written.mail.subject, text: written.mail.text } : nothing;
  } catch (error) {
    ctx.log.debug({ err: error, delivery: row.delivery_id }, 'a mail cannot be shown');
    return nothing;
  }
}

/** Sends a mail again; one that is being sent at this moment is left to that attempt. */
export async function replayMail(
  { input, actor, tx }: CommandRequest<typeof notifications.replayMail, Tables>,
  ctx: CommandContext,
) {
  const given = { deliveryId: input.mail_id, tenantId: tenantScope(actor) };
  const row = await findMail(tx.sql, given);
  if (row === null) return noSuchMail(input.mail_id);
  if (ctx.config.mail === null) return refuse('mail-off', 'No mails are sent: this system has no mail server.');
  if (await isSuppressed(tx.sql, row.recipient))
    return refuse(
      'recipient-suppressed',
      `${row.recipient} gets no mails, because the mail server refused the address; the operator can lift this.`,
    );
  await makeMailDue(tx.sql, row.delivery_id, ctx.clock.now());
  await tx.enqueue('deliver-mails', {}, { cause: randomUUID() });
  return viewOf((await findMail(tx.sql, given)) ?? row);
}
