import type { CommandContext, Tx } from '../context.ts';
import { isOperatorMail, isTenantMail } from '../domain/mail/mail-types.ts';
import type { Notification } from '../domain/notification.ts';
import { writeMails } from '../store/write-mails.ts';
import { writeNotifications } from '../store/write-notifications.ts';

/** Writes notifications with their deliveries and mails, and starts the sending of those that are due. */
export async function notify(tx: Tx, ctx: CommandContext, notifications: readonly Notification[]): Promise<void> {
  const now = ctx.clock.now();
  const webhooksDue = await writeNotifications(tx.sql, notifications, now);
  if (webhooksDue > 0) await tx.enqueue('deliver-webhooks', {});
  const { mail } = ctx.config;
  if (mail === null) return;
  const mailed = notifications.flatMap((one) =>
    isTenantMail(one.type) || isOperatorMail(one.type) ? [{ ...one, isForOperator: isOperatorMail(one.type) }] : [],
  );
  const notBefore = now.subtract({ hours: mail.mostAgeDays * 24 });
  const mailsDue = await writeMails(tx.sql, mailed, { operatorRecipients: mail.operatorRecipients, notBefore, now });
  if (mailsDue > 0) await tx.enqueue('deliver-mails', {});
}
