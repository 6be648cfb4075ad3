import { notifications } from '@arcadia/contracts';
import { failpoint } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import type { Judgement } from '../domain/judge-attempt.ts';
import { notificationOf } from '../domain/notification.ts';
import { notify } from '../notifications/notify.ts';
import type { Claimed } from '../store/claim-deliveries.ts';
import { disableEndpoints } from '../store/endpoints.ts';
import { failingSince, type Settled, settleDeliveries } from '../store/settle-deliveries.ts';

/** An attempt that has ended. */
export type Attempted = {
  delivery: Claimed;
  attemptedAt: Temporal.Instant;
  durationMs: number;
  status: number | null;
  answer: string | null;
  error: string | null;
  judgement: Judgement;
};

/**
 * Records attempts in one transaction. An endpoint that is gone is disabled, and so is one of which a delivery used its last attempt and
 * which had no success since the first attempt of that delivery.
 */
export async function settle(ctx: Context, attempts: readonly Attempted[], lease: string): Promise<void> {
  if (attempts.length === 0) return;
  const now = ctx.clock.now();
  await ctx.transact(async (tx) => {
    const rows = attempts.map((attempt) => settledOf(attempt, now));
    await settleDeliveries(tx.sql, rows, lease);
    const gone = attempts.filter(({ judgement }) => judgement.isGone);
    const exhausted = attempts.filter(({ judgement }) => judgement.outcome === 'failed' && !judgement.isGone);
    const since = await failingSince(
      tx.sql,
      [...gone, ...exhausted].map(({ delivery }) => delivery.endpoint_id),
    );
    const failing = exhausted.filter(({ delivery: { endpoint_id, first_tried_at } }) => {
      const from = since.get(endpoint_id);
      return from !== undefined && first_tried_at !== null && Temporal.Instant.compare(from, first_tried_at) <= 0;
    });
    await disable(tx, ctx, { attempts: gone, because: 'gone', since });
    await disable(tx, ctx, { attempts: failing, because: 'failing', since });
    await failpoint('webhook.recorded');
  });
}

const settledOf = (attempt: Attempted, now: Temporal.Instant): Settled => {
  const { delivery, judgement, attemptedAt, durationMs, status, answer, error } = attempt;
  const after = (ms: number | null) => (ms === null ? null : now.add({ milliseconds: ms }).toString());
  return {
    deliveryId: delivery.delivery_id,
    endpointId: delivery.endpoint_id,
    state: judgement.outcome === 'retry' ? 'pending' : judgement.outcome,
    dueAt: after(judgement.nextInMs),
    heldUntil: after(judgement.holdMs),
    attemptedAt: attemptedAt.toString(),
    durationMs,
    status,
    answer,
    error,
  };
};

/** Disables endpoints, with an alarm: an event, and a notification of it. */
async function disable(
  tx: Tx,
  ctx: Context,
  {
    attempts,
    because,
    since,
  }: { attempts: readonly Attempted[]; because: 'gone' | 'failing'; since: ReadonlyMap<string, string> },
): Promise<void> {
  if (attempts.length === 0) return;
  const now = ctx.clock.now();
  const endpointIds = attempts.map(({ delivery }) => delivery.endpoint_id);
  const disabled = await disableEndpoints(tx.sql, { endpointIds, because, now });
  const events = disabled.map(({ endpoint_id, tenant_id, url }) => ({
    endpoint_id,
    tenant_id,
    url,
    because,
    failing_since: since.get(endpoint_id) ?? null,
    disabled_at: now.toString(),
  }));
  if (events.length === 0) return;
  for (const event of events) ctx.log.error(event, 'a webhook endpoint was disabled');
  await tx.publish(notifications.webhookEndpointDisabled, events);
  const made = events.map((event) =>
    notificationOf('webhook_endpoint.disabled', {
      key: `${event.endpoint_id}:${event.disabled_at}`,
      tenantId: event.tenant_id,
      occurredAt: event.disabled_at,
      data: event,
    }),
  );
  await notify(tx, ctx, made);
}
