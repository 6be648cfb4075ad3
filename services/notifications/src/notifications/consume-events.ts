import type { Received } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { type NotifiedEvent, notificationOfEvent } from '../domain/notification-of-event.ts';
import { followCloses } from '../exports/start-runs.ts';
import { notify } from './notify.ts';

/** Notifies of a batch of events, and exports the months that they have changed. */
export async function consumeEvents(batch: Received<NotifiedEvent>[], tx: Tx, ctx: CommandContext): Promise<void> {
  const made = batch.flatMap(({ type, id, occurredAt, data }) => {
    const notification = notificationOfEvent({ type, id, occurredAt: occurredAt.toString(), data });
    return notification === null ? [] : [notification];
  });
  await notify(tx, ctx, made);
  await followCloses(batch, tx, ctx);
}
