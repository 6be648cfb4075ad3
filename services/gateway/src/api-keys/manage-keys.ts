import { randomUUID } from 'node:crypto';
import {
  type Actor,
  actorOf,
  type gateway,
  invoicing,
  isOperator,
  isRefusal,
  type RequestInput,
  type RequestRefusal,
  refuse,
  serviceActor,
  tenantScope,
} from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { insertKey, lockKey, markRevoked, replaceToken } from '../store/api-keys.ts';
import type { Tables } from '../store/schema.ts';
import { digestOf, newToken } from './key-token.ts';
import { noSuchKey, viewOf } from './show-keys.ts';
import { isSentByKey } from './verify-key.ts';

const usualDays = 365;
const mostDays = 731;

/** A key that could make keys would outlive its own revocation. */
const refuseKeys = (actor: Actor) =>
  isSentByKey(actor)
    ? refuse('forbidden', 'An API key may not make, rotate or revoke API keys; sign in as a person.')
    : null;

/** The actor that a new key has; a refusal where its maker may not make such a key. */
const actorOfNewKey = (input: RequestInput<typeof gateway.createApiKey>, maker: Actor) => {
  const own = tenantScope(maker);
  if (own !== null && (input.tenant_id ?? own) !== own)
    return refuse('forbidden', `A tenant makes keys for itself only, not for ${input.tenant_id}.`);
  const actor = actorOf({ subject: 'key', tenantId: input.tenant_id ?? own, roles: [input.role] });
  if (actor === null) return refuse('tenant-missing', `The role ${input.role} belongs to a tenant; add \`tenant_id\`.`);
  if (own !== null && isOperator(actor))
    return refuse('forbidden', `The role ${input.role} is the operator's; a tenant gives the roles of a tenant.`);
  if (input.tenant_id !== undefined && actor.tenant_id === null)
    return refuse('forbidden', `The role ${input.role} belongs to no tenant; leave out \`tenant_id\`.`);
  return actor;
};

type NewKey = { actor: Actor };

/** The actor that a new key has. Its tenant must exist; a tenant is not shown which others there are. */
export async function resolveNewKey(
  { input, actor: maker }: ReadRequest<typeof gateway.createApiKey>,
  ctx: Context,
): Promise<NewKey | RequestRefusal<typeof gateway.createApiKey>> {
  const actor = refuseKeys(maker) ?? actorOfNewKey(input, maker);
  if (isRefusal(actor)) return actor;
  const { tenant_id } = actor;
  if (tenant_id === null) return { actor };
  const reply = await ctx.request(invoicing.getTenant, { tenant_id }, { actor: serviceActor('gateway') });
  if (!isRefusal(reply)) return { actor };
  if (!isOperator(maker))
    return refuse('unknown-tenant', `The tenant ${tenant_id} is not created yet; the operator creates it.`);
  const detail = `${reply.detail} A tenant is created first: POST /api/v1/tenants.`;
  return refuse('unknown-tenant', detail, { tenant_id, near: reply['near'] ?? [] });
}

export async function createApiKey(
  {
    input,
    actor: maker,
    tx,
    resolved: { actor },
  }: CommandRequest<typeof gateway.createApiKey, Tables> & { resolved: NewKey },
  ctx: CommandContext,
) {
  const now = ctx.wallClock.now();
  const latest = now.add({ hours: mostDays * 24 });
  const expiresAt = input.expires_at ?? now.add({ hours: usualDays * 24 }).toString();
  if (Temporal.Instant.compare(expiresAt, now) <= 0 || Temporal.Instant.compare(expiresAt, latest) > 0)
    return refuse('invalid-time', `\`expires_at\` must be after now and before ${latest}, not ${expiresAt}.`);
  const keyId = randomUUID();
  const token = newToken(keyId);
  const row = await insertKey(tx.sql, {
    key_id: keyId,
    name: input.name,
    role: input.role,
    tenant_id: actor.tenant_id,
    token_sha256: digestOf(token),
    created_at: now.toString(),
    created_by: maker.subject,
    expires_at: expiresAt,
  });
  return { ...viewOf(row, now), token };
}

export async function rotateApiKey(
  { input, actor, tx }: CommandRequest<typeof gateway.rotateApiKey, Tables>,
  ctx: CommandContext,
) {
  const refused = refuseKeys(actor);
  if (refused !== null) return refused;
  const key = await lockKey(tx.sql, { keyId: input.key_id, tenantId: tenantScope(actor) });
  if (key === null) return noSuchKey(input.key_id);
  const now = ctx.wallClock.now();
  const { status } = viewOf(key, now);
  if (status !== 'active') return refuse('conflict', `The API key ${input.key_id} is ${status}; make a new one.`);
  const token = newToken(input.key_id);
  const formerUntil = now.add({ seconds: input.overlap_seconds }).toString();
  const change = { keyId: input.key_id, digest: digestOf(token), at: now.toString(), by: actor.subject, formerUntil };
  return { ...viewOf(await replaceToken(tx.sql, change), now), token };
}

/** Revokes a key; one that is revoked already stays as it is. */
export async function revokeApiKey(
  { input, actor, tx }: CommandRequest<typeof gateway.revokeApiKey, Tables>,
  ctx: CommandContext,
) {
  const refused = refuseKeys(actor);
  if (refused !== null) return refused;
  const key = await lockKey(tx.sql, { keyId: input.key_id, tenantId: tenantScope(actor) });
  if (key === null) return noSuchKey(input.key_id);
  const now = ctx.wallClock.now();
  const change = { keyId: input.key_id, at: now.toString(), by: actor.subject };
  return viewOf(await markRevoked(tx.sql, change), now);
}
