import { type gateway, isRefusal, type RequestOutput, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { findKey, pageOfKeys } from '../store/api-keys.ts';
import type { ApiKeyRow } from '../store/schema.ts';

type View = RequestOutput<typeof gateway.getApiKey>;

/** A key as the API shows it, as of an instant. */
export const viewOf = (row: ApiKeyRow, now: Temporal.Instant): View => {
  const { key_id, name, role, tenant_id, created_at, created_by, expires_at } = row;
  const { rotated_at, last_used_at, revoked_at, revoked_by } = row;
  const isOver = Temporal.Instant.compare(expires_at, now) <= 0;
  return {
    ...{ key_id, name, role, tenant_id, created_at, created_by, expires_at },
    ...{ rotated_at, last_used_at, revoked_at, revoked_by },
    status: revoked_at !== null ? 'revoked' : isOver ? 'expired' : 'active',
  };
};

export const noSuchKey = (keyId: string) => refuse('not-found', `There is no API key ${keyId}.`);

export async function listApiKeys({ input, actor }: ReadRequest<typeof gateway.listApiKeys>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const scope = tenantScope(actor);
  // A tenant that names another one gets the empty list of a tenant that does not exist.
  if (scope !== null && (input.tenant_id ?? scope) !== scope) return { items: [], next_cursor: null };
  const { q: text, limit } = input;
  const rows = await pageOfKeys(ctx.db, { tenantId: scope ?? input.tenant_id ?? null, text, after, limit });
  const now = ctx.wallClock.now();
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ created_at, key_id }) => [created_at, key_id],
    itemOf: (row) => viewOf(row, now),
  });
}

export async function getApiKey({ input, actor }: ReadRequest<typeof gateway.getApiKey>, ctx: Context) {
  const row = await findKey(ctx.db, { keyId: input.key_id, tenantId: tenantScope(actor) });
  return row === null ? noSuchKey(input.key_id) : viewOf(row, ctx.wallClock.now());
}
