import { isRefusal, type notifications, type RequestOutput, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Context } from '../context.ts';
import { findEndpoint, pageOfEndpoints, type ShownSecret, secretsOf, summaryOf } from '../store/endpoints.ts';
import type { EndpointRow, Tables } from '../store/schema.ts';

type View = RequestOutput<typeof notifications.getWebhookEndpoint>;

export const noSuchEndpoint = (endpointId: string) =>
  refuse('not-found', `There is no webhook endpoint ${endpointId}.`);

const viewOf = (row: EndpointRow, secrets: readonly ShownSecret[]): View => ({
  endpoint_id: row.endpoint_id,
  tenant_id: row.tenant_id,
  url: row.url,
  description: row.description,
  event_types: row.event_types as View['event_types'],
  status: row.disabled_at === null ? 'enabled' : 'disabled',
  disabled_because: row.disabled_because,
  disabled_at: row.disabled_at,
  secrets: secrets.map(({ secret_id, created_at, expires_at }) => ({ secret_id, created_at, expires_at })),
  created_at: row.created_at,
  created_by: row.created_by,
});

/** An endpoint as the API shows it, with the secrets in force. */
export async function shownEndpoint(db: Kysely<Tables>, row: EndpointRow, now: Temporal.Instant): Promise<View> {
  const secrets = await secretsOf(db, [row.endpoint_id], now);
  return viewOf(row, secrets.get(row.endpoint_id) ?? []);
}

/** The same by its id, of one tenant if `tenantId` is given; a refusal if there is none. */
export async function readEndpoint(
  db: Kysely<Tables>,
  given: { endpointId: string; tenantId: string | null; now: Temporal.Instant },
) {
  const row = await findEndpoint(db, given);
  return row === null ? noSuchEndpoint(given.endpointId) : shownEndpoint(db, row, given.now);
}

export async function getEndpoint(
  { input, actor }: ReadRequest<typeof notifications.getWebhookEndpoint>,
  ctx: Context,
) {
  return readEndpoint(ctx.db, { endpointId: input.endpoint_id, tenantId: tenantScope(actor), now: ctx.clock.now() });
}

export async function listEndpoints(
  { input, actor }: ReadRequest<typeof notifications.listWebhookEndpoints>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const scope = tenantScope(actor);
  // A tenant that names another one gets the empty list of a tenant that does not exist.
  if (scope !== null && (input.tenant_id ?? scope) !== scope) return { items: [], next_cursor: null };
  const { q: text, limit } = input;
  const rows = await pageOfEndpoints(ctx.db, { tenantId: scope ?? input.tenant_id ?? null, text, after, limit });
  const ids = rows.map(({ endpoint_id }) => endpoint_id);
  const secrets = await secretsOf(ctx.db, ids, ctx.clock.now());
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ created_at, endpoint_id }) => [created_at, endpoint_id],
    itemOf: (row) => viewOf(row, secrets.get(row.endpoint_id) ?? []),
  });
}

export async function summarizeEndpoint(
  { input, actor }: ReadRequest<typeof notifications.summarizeWebhookEndpoint>,
  ctx: Context,
) {
  const { endpoint_id: endpointId } = input;
  const row = await findEndpoint(ctx.db, { endpointId, tenantId: tenantScope(actor) });
  if (row === null) return noSuchEndpoint(endpointId);
  const { pending, delivered, failed, skipped, ...times } = await summaryOf(ctx.db, endpointId);
  return {
    endpoint_id: endpointId,
    pending: Number(pending),
    delivered: Number(delivered),
    failed: Number(failed),
    skipped: Number(skipped),
    failing_since: times.failing_since,
    held_until: times.held_until,
    last_success_at: times.last_success_at,
    next_attempt_at: times.next_attempt_at,
  };
}
