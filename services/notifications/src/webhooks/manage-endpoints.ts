import { randomUUID } from 'node:crypto';
import { isRefusal, type notifications, type RequestContract, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import { newSecret, seal } from '../notifications/sealing.ts';
import {
  deleteEndpointRows,
  disableEndpoints,
  enableEndpointRow,
  endSecrets,
  findEndpoint,
  insertSecret,
  secretsOf,
  updateEndpointRow,
} from '../store/endpoints.ts';
import type { Tables } from '../store/schema.ts';
import { refuseTypes, refuseUrl } from './create-endpoint.ts';
import { noSuchEndpoint, readEndpoint } from './show-endpoints.ts';

type Sent = Pick<CommandRequest<RequestContract, Tables>, 'actor' | 'tx'> & { input: { endpoint_id: string } };

/** The endpoint of a command, locked; null if there is none that the actor may see. */
const lockEndpoint = ({ input, actor, tx }: Sent) =>
  findEndpoint(tx.sql, { endpointId: input.endpoint_id, tenantId: tenantScope(actor), isLocked: true });

const shownAfter = ({ input, actor, tx }: Sent, ctx: CommandContext) =>
  readEndpoint(tx.sql, { endpointId: input.endpoint_id, tenantId: tenantScope(actor), now: ctx.clock.now() });

export async function updateEndpoint(
  request: CommandRequest<typeof notifications.updateWebhookEndpoint, Tables>,
  ctx: CommandContext,
) {
  const { input, tx } = request;
  const row = await lockEndpoint(request);
  if (row === null) return noSuchEndpoint(input.endpoint_id);
  const changed = {
    ...row,
    url: input.url ?? row.url,
    description: input.description ?? row.description,
    event_types: [...new Set(input.event_types ?? row.event_types)],
  };
  const refused = refuseTypes(changed.event_types, row.tenant_id) ?? refuseUrl(changed.url, ctx);
  if (refused !== null) return refused;
  await updateEndpointRow(tx.sql, changed);
  return shownAfter(request, ctx);
}

/** Disables an endpoint; one that is disabled already stays as it is. */
export async function disableEndpoint(
  request: CommandRequest<typeof notifications.disableWebhookEndpoint, Tables>,
  ctx: CommandContext,
) {
  const row = await lockEndpoint(request);
  if (row === null) return noSuchEndpoint(request.input.endpoint_id);
  await disableEndpoints(request.tx.sql, { endpointIds: [row.endpoint_id], because: 'person', now: ctx.clock.now() });
  return shownAfter(request, ctx);
}

export async function enableEndpoint(
  request: CommandRequest<typeof notifications.enableWebhookEndpoint, Tables>,
  ctx: CommandContext,
) {
  const row = await lockEndpoint(request);
  if (row === null) return noSuchEndpoint(request.input.endpoint_id);
  await enableEndpointRow(request.tx.sql, row.endpoint_id);
  await request.tx.enqueue('deliver-webhooks', {});
  return shownAfter(request, ctx);
}

export async function deleteEndpoint(
  request: CommandRequest<typeof notifications.deleteWebhookEndpoint, Tables>,
  ctx: CommandContext,
) {
  const row = await lockEndpoint(request);
  if (row === null) return noSuchEndpoint(request.input.endpoint_id);
  const before = await shownAfter(request, ctx);
  await deleteEndpointRows(request.tx.sql, row.endpoint_id);
  return before;
}

/** Secrets that an endpoint may have at once: each signs every event. */
const mostSecrets = 5;

export async function rotateSecret(
  request: CommandRequest<typeof notifications.rotateWebhookSecret, Tables>,
  ctx: CommandContext,
) {
  const { input, tx } = request;
  const row = await lockEndpoint(request);
  if (row === null) return noSuchEndpoint(input.endpoint_id);
  const now = ctx.clock.now();
  await endSecrets(tx.sql, { endpointId: row.endpoint_id, now, until: now.add({ seconds: input.overlap_seconds }) });
  const present = (await secretsOf(tx.sql, [row.endpoint_id], now)).get(row.endpoint_id) ?? [];
  if (present.length >= mostSecrets)
    return refuse('conflict', `${mostSecrets} secrets are in force; wait until one expires, or use a shorter overlap.`);
  const secret = newSecret();
  await insertSecret(tx.sql, {
    secret_id: randomUUID(),
    endpoint_id: row.endpoint_id,
    sealed: seal(secret, ctx.config.keys),
    created_at: now.toString(),
    expires_at: null,
  });
  const view = await shownAfter(request, ctx);
  return isRefusal(view) ? view : { ...view, secret };
}
