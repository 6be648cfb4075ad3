import { type Actor, actorOf } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { findKey, touchKey } from '../store/api-keys.ts';
import type { ApiKeyRow } from '../store/schema.ts';
import { digestOf, isSameDigest, keyIdIn } from './key-token.ts';

/** The subject of the requests that a key sends. */
export const keySubject = (keyId: string): string => `key:${keyId}`;

/** True for a request that an API key sends. */
export const isSentByKey = ({ subject }: Actor): boolean => subject.startsWith('key:');

/** The persons on whose behalf an actor may act: itself, or those who made the key that sends the request, or have ever rotated it. */
export const personsBehind = async (db: Context['db'], actor: Actor): Promise<string[]> => {
  if (!isSentByKey(actor)) return [actor.subject];
  const key = await findKey(db, { keyId: actor.subject.slice(keySubject('').length), tenantId: null });
  if (key === null) return [];
  const { created_by, rotated_by, holders } = key;
  return [created_by, ...(rotated_by === null ? [] : [rotated_by]), ...(holders ?? [])];
};

/**
 * Finds the actor of an API key by its token; null for one that is unknown, expired or revoked. Keys expire by the wall clock, as
 * other tokens do. The use of a key is recorded in the background: it delays no request.
 * @throws when Postgres does not answer
 */
export const verifyKey = async (
  ctx: Pick<Context, 'db' | 'log' | 'wallClock'>,
  token: string,
): Promise<{ actor: Actor; expiresAt: number } | null> => {
  const keyId = keyIdIn(token);
  if (keyId === null) return null;
  const row = await findKey(ctx.db, { keyId, tenantId: null });
  const now = ctx.wallClock.now();
  if (row === null || !accepts(row, { digest: digestOf(token), now })) return null;
  const actor = actorOf({ subject: keySubject(keyId), tenantId: row.tenant_id, roles: [row.role] });
  if (actor === null) return null;
  void touchKey(ctx.db, { keyId, at: now.toString() }).catch((error: unknown) =>
    ctx.log.warn({ err: error, keyId }, 'the use of an API key could not be recorded'),
  );
  return { actor, expiresAt: Temporal.Instant.from(row.expires_at).epochMilliseconds };
};

const accepts = (row: ApiKeyRow, { digest, now }: { digest: string; now: Temporal.Instant }): boolean => {
  const isBefore = (end: string): boolean => Temporal.Instant.compare(now, end) < 0;
  if (row.revoked_at !== null || !isBefore(row.expires_at)) return false;
  if (isSameDigest(digest, row.token_sha256)) return true;
  return (
    row.former_sha256 !== null &&
    row.former_until !== null &&
    isBefore(row.former_until) &&
    isSameDigest(digest, row.former_sha256)
  );
};
