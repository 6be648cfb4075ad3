import { type Actor, role, tenantId } from '@arcadia/contracts';
import type { MiddlewareHandler } from 'hono';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
import { problem } from '../problem.ts';
import type { GatewayEnv } from '../route.ts';

/** How tokens are verified: with a shared secret (HS256), or with the public keys of an issuer. Never both. */
export type TokenPolicy = { issuer: string; audience: string | null } & (
  | { secret: Uint8Array }
  | { jwksUrl: URL; algorithms: string[] }
);

const claims = z.object({
  sub: z.string().min(1).max(256),
  tenant_id: tenantId.nullish(),
  roles: z.array(role).min(1),
  exp: z.number(),
});

/** Verified tokens remembered at the most; the oldest are forgotten first. */
const rememberedTokens = 10_000;

/**
 * Requires `Authorization: Bearer <JWT>` and sets the actor. Whatever is wrong with a token, the answer is the same 401.
 * Tokens follow the wall clock, also while a month is played.
 */
export const authenticate = (policy: TokenPolicy): MiddlewareHandler<GatewayEnv> => {
  const verify = tokenVerifier(policy);
  const remembered = new Map<string, { actor: Actor; expiresAt: number }>();
  return async (c, next) => {
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    let known = token === undefined ? undefined : remembered.get(token);
    if (known !== undefined && known.expiresAt <= Date.now()) known = undefined;
    if (token !== undefined && known === undefined) {
      known = (await verify(token)) ?? undefined;
      if (known !== undefined) {
        if (remembered.size >= rememberedTokens) remembered.delete(remembered.keys().next().value ?? '');
        remembered.set(token, known);
      }
    }
    if (known === undefined) {
      c.header('www-authenticate', 'Bearer');
      return problem(c, 401, 'unauthenticated', 'Send a valid token: Authorization: Bearer <JWT>.');
    }
    c.set('actor', known.actor);
    return next();
  };
};

/** Returns the actor of a genuine token, or null; throws only when the issuer's keys cannot be had. */
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
      : requireKeyId(createRemoteJWKSet(policy.jwksUrl, { timeoutDuration: 5_000 }));

  return async (token: string): Promise<{ actor: Actor; expiresAt: number } | null> => {
    try {
      const { payload } = await jwtVerify(token, key, options);
      const parsed = claims.safeParse(payload);
      if (!parsed.success) return null;
      const { sub, tenant_id, roles, exp } = parsed.data;
      if (!roles.includes('platform_admin') && (tenant_id ?? null) === null) return null;
      return { actor: { subject: sub, tenant_id: tenant_id ?? null, roles }, expiresAt: exp * 1000 };
    } catch (error) {
      if (error instanceof errors.JWKSTimeout) throw error;
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  };
};

/** A token that names no key would be tried with every one; it must name the one that signed it. */
const requireKeyId =
  (keys: JWTVerifyGetKey): JWTVerifyGetKey =>
  (header, token) => {
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    return keys(header, token);
  };
