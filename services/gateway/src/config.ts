import { ConfigError, type Env } from '@arcadia/platform';
import { z } from 'zod';

/** How tokens are verified: with a shared secret (HS256), or with the public keys of an issuer. Never both. */
export type TokenPolicy = { issuer: string; audience: string | null } & (
  | { secret: Uint8Array }
  | { jwksUrl: URL; algorithms: string[] }
);

export type Config = {
  host: string;
  /** 0 for any free port. */
  port: number;
  tokens: TokenPolicy;
  corsOrigins: string[];
  /** Requests per minute for each subject and replica; 0 for no limit. */
  rateLimitPerMinute: number;
  /** How long a request may take to arrive, in milliseconds. */
  requestTimeoutMs: number;
};

const environment = z.object({
  GATEWAY_HOST: z.string().default('0.0.0.0'),
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(4005),
  JWT_SECRET: z.string().min(32, 'JWT_SECRET needs at least 32 characters').optional(),
  JWT_JWKS_URL: z.url().optional(),
  JWT_ALGORITHMS: z.string().default('EdDSA,ES256,RS256'),
  JWT_ISSUER: z.string().default('arcadia'),
  JWT_AUDIENCE: z.string().optional(),
  CORS_ORIGINS: z.string().default(''),
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(0),
  REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).default(30_000),
});

/** The gateway's settings. A blank variable counts as absent. Throws ConfigError with one sentence that names the variable and what to do. */
export function parseConfig(env: Env): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) throw new ConfigError(`The gateway's settings are invalid: ${z.prettifyError(parsed.error)}`);
  const { JWT_SECRET, JWT_JWKS_URL, ...variables } = parsed.data;
  if ((JWT_SECRET === undefined) === (JWT_JWKS_URL === undefined))
    throw new ConfigError('Set either JWT_SECRET (HS256) or JWT_JWKS_URL, so that the gateway can verify tokens.');
  const issued = { issuer: variables.JWT_ISSUER, audience: variables.JWT_AUDIENCE ?? null };
  return {
    host: variables.GATEWAY_HOST,
    port: variables.GATEWAY_PORT,
    corsOrigins: listOf(variables.CORS_ORIGINS),
    rateLimitPerMinute: variables.RATE_LIMIT_PER_MINUTE,
    requestTimeoutMs: variables.REQUEST_TIMEOUT_MS,
    tokens:
      JWT_SECRET === undefined
        ? { ...issued, jwksUrl: new URL(JWT_JWKS_URL ?? ''), algorithms: listOf(variables.JWT_ALGORITHMS) }
        : { ...issued, secret: new TextEncoder().encode(JWT_SECRET) },
  };
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
