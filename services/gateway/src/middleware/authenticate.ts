import { type Actor, role, tenantId } from '@arcadia/contracts';
import type { MiddlewareHandler } from 'hono';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
import type { TokenPolicy } from '../config.ts';
import type { HttpEnv } from '../context.ts';
import { problem } from '../problems/problem.ts';

/** Text that Postgres stores and that no two spellings share: no control characters, no half of a surrogate pair. */
const isPlainText = (text: string): boolean => text.isWellFormed() && !/\p{Cc}/u.test(text);

const claims = z.object({
  sub: z.string().min(1).max(256).refine(isPlainText),
  tenant_id: tenantId.refine(isPlainText).nullish(),
  roles: z.array(role).min(1),
  exp: z.number(),
});

/** A token made for another purpose (an id token, a logout token) names it in its type (RFC 8725, section 3.11). */
const acceptedTypes = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);

/** How many verified tokens are remembered; the oldest are forgotten first. */
const rememberedTokens = 10_000;
/** How long the revocation of an issuer's key may go unnoticed, in milliseconds. */
const rememberedForMs = 5 * 60_000;

type Known = { actor: Actor; expiresAt: number };

/** The issuer's keys cannot be fetched, so nothing is known about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * Requires `Authorization: Bearer <JWT>` and sets the actor. Every invalid token gets the same 401. Tokens expire by the
 * wall clock, also while a month is played.
 */
export const authenticate = (policy: TokenPolicy): MiddlewareHandler<HttpEnv> => {
  const verify = tokenVerifier(policy);
  const remembered = new Map<string, Known & { until: number }>();
  const recall = (token: string): Known | null => {
    const known = remembered.get(token);
    if (known === undefined || known.until > Date.now()) return known ?? null;
    remembered.delete(token);
    return null;
  };
  const remember = (token: string, known: Known): void => {
    if (remembered.size >= rememberedTokens) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(token, { ...known, until: Math.min(known.expiresAt, Date.now() + rememberedForMs) });
  };
  return async (c, next) => {
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    let known = token === undefined ? null : recall(token);
    if (token !== undefined && known === null) {
      known = await verify(token);
      if (known !== null) remember(token, known);
    }
    if (known === null) {
      c.header('www-authenticate', 'Bearer');
      return problem(c, 'unauthenticated', 'The request has no valid token; send `Authorization: Bearer <JWT>`.');
    }
    c.set('actor', known.actor);
    c.set('expiresAt', known.expiresAt);
    return next();
  };
};

/** Returns the actor of a valid token, or null. Throws KeysUnavailable when the issuer's keys cannot be fetched. */
const tokenVerifier = (policy: TokenPolicy) => {
  const options: JWTVerifyOptions = {
    issuer: policy.issuer,
    algorithms: 'secret' in policy ? ['HS256'] : policy.algorithms,
    requiredClaims: ['exp', 'iat', 'sub'],
    clockTolerance: 5,
    ...(policy.audience === null ? {} : { audience: policy.audience }),
  };
  const key: JWTVerifyGetKey =
    'secret' in policy
      ? async () => policy.secret
      : publishedKeys(createRemoteJWKSet(policy.jwksUrl, { timeoutDuration: 5_000 }));

  return async (token: string): Promise<Known | null> => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, key, options);
      const type: unknown = protectedHeader.typ ?? 'JWT';
      if (typeof type !== 'string' || !acceptedTypes.has(type.toLowerCase())) return null;
      const parsed = claims.safeParse(payload);
      return parsed.success ? known(parsed.data) : null;
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  };
};

/** An operator belongs to no tenant, even if its token names one; a tenant's token must name its tenant. */
const known = ({ sub, tenant_id, roles, exp }: z.infer<typeof claims>): Known | null => {
  const isOperator = roles.includes('platform_admin');
  if (!isOperator && (tenant_id ?? null) === null) return null;
  return { actor: { subject: sub, tenant_id: isOperator ? null : (tenant_id ?? null), roles }, expiresAt: exp * 1000 };
};

/** Requires a token to name the key that signed it; a token without a key id would be tried with every key. */
const publishedKeys =
  (keys: JWTVerifyGetKey): JWTVerifyGetKey =>
  async (header, token) => {
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    try {
      return await keys(header, token);
    } catch (error) {
      const isAboutTheToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      if (isAboutTheToken) throw error;
      throw new KeysUnavailable("the issuer's keys cannot be fetched", { cause: error });
    }
  };
