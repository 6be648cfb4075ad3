import { randomUUID } from 'node:crypto';
import { type Actor, type notifications, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { notificationOf } from '../domain/notification.ts';
import { findDelivery, makeAllDue, makeDue } from '../store/deliveries.ts';
import { findEndpoint } from '../store/endpoints.ts';
import type { Tables } from '../store/schema.ts';
import { writeNotificationFor } from '../store/write-notifications.ts';
import { deliveryView, noSuchDelivery } from './show-deliveries.ts';
import { noSuchEndpoint } from './show-endpoints.ts';

const refuseDisabled = (endpointId: string) =>
  refuse('endpoint-disabled', `The webhook endpoint ${endpointId} is disabled; enable it first.`);

/** An endpoint to which something is to be sent, or the refusal. */
async function enabledEndpoint(tx: Tx, endpointId: string, actor: Actor) {
  const row = await findEndpoint(tx.sql, { endpointId, tenantId: tenantScope(actor), isLocked: true });
  if (row === null) return noSuchEndpoint(endpointId);
  return row.disabled_at === null ? row : refuseDisabled(endpointId);
}

const startDelivering = (tx: Tx) => tx.enqueue('deliver-webhooks', {});

export async function testEndpoint(
  { input, actor, tx }: CommandRequest<typeof notifications.testWebhookEndpoint, Tables>,
  ctx: CommandContext,
) {
  const endpoint = await enabledEndpoint(tx, input.endpoint_id, actor);
  if ('refused' in endpoint) return endpoint;
  const now = ctx.clock.now();
  const notification = notificationOf('webhook_endpoint.tested', {
    key: randomUUID(),
    tenantId: endpoint.tenant_id,
    occurredAt: now.toString(),
    data: { endpoint_id: endpoint.endpoint_id, tenant_id: endpoint.tenant_id, tested_by: actor.subject },
  });
  const deliveryId = await writeNotificationFor(tx.sql, { endpointId: endpoint.endpoint_id, notification, now });
  await startDelivering(tx);
  const row = await findDelivery(tx.sql, { deliveryId, tenantId: null });
  return row === null ? noSuchEndpoint(input.endpoint_id) : deliveryView(row);
}

/** Sends an event again; one that is being sent at this moment is left to that attempt. */
export async function replayDelivery(
  { input, actor, tx }: CommandRequest<typeof notifications.replayWebhookDelivery, Tables>,
  ctx: CommandContext,
) {
  const given = { deliveryId: input.delivery_id, tenantId: tenantScope(actor) };
  const row = await findDelivery(tx.sql, given);
  if (row === null) return noSuchDelivery(input.delivery_id);
  if (row.disabled_at !== null) return refuseDisabled(row.endpoint_id);
  await makeDue(tx.sql, row.delivery_id, ctx.clock.now());
  await startDelivering(tx);
  return deliveryView((await findDelivery(tx.sql, given)) ?? row);
}

export async function replayDeliveries(
  { input, actor, tx }: CommandRequest<typeof notifications.replayWebhookDeliveries, Tables>,
  ctx: CommandContext,
) {
  const endpoint = await enabledEndpoint(tx, input.endpoint_id, actor);
  if ('refused' in endpoint) return endpoint;
  const { from: since, statuses: states } = input;
  const replayed = await makeAllDue(tx.sql, { endpointId: endpoint.endpoint_id, since, states, now: ctx.clock.now() });
  await startDelivering(tx);
  return { replayed };
}
