import type { Context } from '../context.ts';
import { mailServerState } from '../store/mails.ts';

/** Whether mails are sent, and how the mail server does. A mail server that fails keeps the service from nothing else. */
export async function checkMail(ctx: Context) {
  if (ctx.config.mail === null) return { ok: true, detail: 'mails are off: SMTP_URL is not set' };
  const { failing_since, error, waiting } = await mailServerState(ctx.db);
  const fact = { ok: true, waiting: Number(waiting) };
  return failing_since === null
    ? fact
    : { ...fact, warning: `the mail server has failed since ${failing_since}: ${error}` };
}
