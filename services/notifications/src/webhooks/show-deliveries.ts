import { isRefusal, notifications, type RequestOutput, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { type AttemptRow, attemptsOf, type DeliveryRow, findDelivery, pageOfDeliveries } from '../store/deliveries.ts';
import { findEndpoint } from '../store/endpoints.ts';
import { noSuchEndpoint } from './show-endpoints.ts';

type View = RequestOutput<typeof notifications.replayWebhookDelivery>;

export const noSuchDelivery = (deliveryId: string) =>
  refuse('not-found', `There is no webhook delivery ${deliveryId}.`);

const mostAttemptsShown = 50;

const attemptOf = ({ number, attempted_at, duration_ms, status, answer, error }: AttemptRow) => ({
  number,
  attempted_at,
  duration_ms,
  http_status: status,
  answer,
  error,
});

/** A delivery as the API shows it. */
export const deliveryView = (row: DeliveryRow): View => {
  const { number, attempted_at, duration_ms, status, answer, error } = row;
  return {
    delivery_id: row.delivery_id,
    endpoint_id: row.endpoint_id,
    webhook_id: row.notification_id,
    type: row.type,
    occurred_at: row.occurred_at,
    status: row.state,
    attempts: row.attempts,
    next_attempt_at: row.due_at,
    last_attempt:
      number === null || attempted_at === null || duration_ms === null
        ? null
        : attemptOf({ number, attempted_at, duration_ms, status, answer, error }),
  };
};

export async function listDeliveries(
  { input, actor }: ReadRequest<typeof notifications.listWebhookDeliveries>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const { endpoint_id: endpointId, status: state, limit } = input;
  if ((await findEndpoint(ctx.db, { endpointId, tenantId: tenantScope(actor) })) === null)
    return noSuchEndpoint(endpointId);
  const rows = await pageOfDeliveries(ctx.db, { endpointId, state, after, limit });
  return cutPage(rows, {
    limit,
    keyOf: ({ occurred_at, delivery_id }) => [occurred_at, delivery_id],
    itemOf: deliveryView,
  });
}

export async function getDelivery(
  { input, actor }: ReadRequest<typeof notifications.getWebhookDelivery>,
  ctx: Context,
) {
  const row = await findDelivery(ctx.db, { deliveryId: input.delivery_id, tenantId: tenantScope(actor) });
  if (row === null) return noSuchDelivery(input.delivery_id);
  const attempts = await attemptsOf(ctx.db, row.delivery_id, mostAttemptsShown);
  const body = notifications.mayReadNotification(actor, row.type) ? row.body : null;
  return { ...deliveryView(row), body, recent_attempts: attempts.map(attemptOf) };
}
