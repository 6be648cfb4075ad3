import type { CommandContext, Tx } from '../context.ts';
import type { Notification } from '../domain/notification.ts';
import { writeNotifications } from '../store/write-notifications.ts';

/** Writes notifications with their deliveries, and starts the delivery of those that are due. */
export async function notify(tx: Tx, ctx: CommandContext, notifications: readonly Notification[]): Promise<void> {
  const due = await writeNotifications(tx.sql, notifications, ctx.clock.now());
  if (due > 0) await tx.enqueue('deliver-webhooks', {});
}
