import { type Actor, actorOf, isPlainText, tenantId } from '@arcadia/contracts';
import type { MiddlewareHandler } from 'hono';
import { errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
import { isKeyToken } from '../api-keys/key-token.ts';
import { verifyKey } from '../api-keys/verify-key.ts';
import type { TokenPolicy } from '../config.ts';
import type { Context, HttpEnv } from '../context.ts';
import { problem } from '../problems/problem.ts';
import { publishedKeys } from './published-keys.ts';

/** Subjects of services and API keys are given here, never by an identity provider. */
const isOfAPerson = (subject: string): boolean => !/^(service|key):/.test(subject);

const claims = z.object({
  sub: z.string().min(1).max(256).refine(isPlainText).refine(isOfAPerson),
  tenant_id: tenantId.nullish(),
  roles: z.array(z.string()).min(1),
  iat: z.number(),
  exp: z.number(),
});

/** A token made for another purpose (an id token, a logout token) names it in its type (RFC 8725, section 3.11). */
const acceptedTypes = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);

/** How many verified tokens are remembered; the oldest are forgotten first. */
const rememberedTokens = 10_000;
/** How long the revocation of an issuer's key may go unnoticed, in milliseconds. */
const rememberedForMs = 5 * 60_000;
/** How long the revocation of an API key may go unnoticed, in milliseconds. */
const keyRememberedForMs = 2_000;

type Known = { actor: Actor; expiresAt: number };

/**
 * Requires `Authorization: Bearer` with a JWT or an API key, and sets the actor. Every invalid token gets the same 401. Tokens expire
 * by the wall clock, that of Postgres, also while a month is played.
 */
export const authenticate = (ctx: Context): MiddlewareHandler<HttpEnv> => {
  const now = (): number => ctx.wallClock.now().epochMilliseconds;
  const verifyToken = tokenVerifier(ctx.config.tokens, now);
  const verify = (token: string): Promise<Known | null> =>
    isKeyToken(token) ? verifyKey(ctx, token) : verifyToken(token);
  const remembered = new Map<string, Known & { until: number }>();
  const recall = (token: string): Known | null => {
    const known = remembered.get(token);
    if (known === undefined || known.until > now()) return known ?? null;
    remembered.delete(token);
    return null;
  };
  const remember = (token: string, known: Known): void => {
    if (remembered.size >= rememberedTokens) remembered.delete(remembered.keys().next().value ?? '');
    const forMs = isKeyToken(token) ? keyRememberedForMs : rememberedForMs;
    remembered.set(token, { ...known, until: Math.min(known.expiresAt, now() + forMs) });
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
    c.set('isStillValid', async () => (await verify(token ?? '')) !== null);
    return next();
  };
};

/**
 * Returns the actor of a valid token, or null. Throws KeysUnavailable when the issuer's keys cannot be fetched; every other error is
 * about the token.
 */
const tokenVerifier = (policy: TokenPolicy, now: () => number): ((token: string) => Promise<Known | null>) => {
  const options: JWTVerifyOptions = {
    issuer: policy.issuer,
    algorithms: 'secret' in policy ? ['HS256'] : policy.algorithms,
    requiredClaims: ['exp', 'iat', 'sub'],
    clockTolerance: 5,
    maxTokenAge: policy.longestSeconds,
    ...(policy.audience === null ? {} : { audience: policy.audience }),
  };
  const key: JWTVerifyGetKey = 'secret' in policy ? async () => policy.secret : publishedKeys(policy.jwksUrl);

  return async (token: string): Promise<Known | null> => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, key, { ...options, currentDate: new Date(now()) });
      const type: unknown = protectedHeader.typ ?? 'JWT';
      if (typeof type !== 'string' || !acceptedTypes.has(type.toLowerCase())) return null;
      const parsed = claims.safeParse(payload);
      return parsed.success ? known(parsed.data, policy.longestSeconds) : null;
    } catch (error) {
      // A key that does not suit its algorithm, such as an RSA key below 2,048 bits, is a TypeError.
      if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
      throw error;
    }
  };
};

/** A token for a longer time than is allowed is refused from the start, not only once it is too old. */
const known = ({ sub, tenant_id, roles, iat, exp }: z.infer<typeof claims>, longestSeconds: number): Known | null => {
  if (!(exp > iat && exp - iat <= longestSeconds)) return null;
  const actor = actorOf({ subject: sub, tenantId: tenant_id ?? null, roles });
  // Times in a token may have a fraction (RFC 7519, section 2).
  return actor === null ? null : { actor, expiresAt: Math.floor(exp * 1000) };
};
