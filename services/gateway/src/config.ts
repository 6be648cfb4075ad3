import { ConfigError } from '@arcadia/platform';
import { z } from 'zod';
import type { TokenPolicy } from './middleware/authenticate.ts';

const environment = z.object({
  GATEWAY_HOST: z.string().default('0.0.0.0'),
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(4005),
  JWT_SECRET: z.string().min(32, 'JWT_SECRET needs at least 32 characters').optional(),
  JWT_JWKS_URL: z.url().optional(),
  JWT_ALGORITHMS: z.string().default('EdDSA,ES256,RS256'),
  JWT_ISSUER: z.string().default('arcadia'),
  JWT_AUDIENCE: z.string().optional(),
  CORS_ORIGINS: z.string().default(''),
  /** Requests a minute for each subject and replica; 0 for no limit. */
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(0),
  /** How long a request may take to arrive, in milliseconds. */
  REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).default(30_000),
});

export type GatewayConfig = {
  host: string;
  port: number;
  tokens: TokenPolicy;
  corsOrigins: string[];
  rateLimitPerMinute: number;
  requestTimeoutMs: number;
};

/** The gateway's environment. Throws ConfigError with one sentence that names the variable and what to do. */
export const parseConfig = (env: Record<string, string | undefined>): GatewayConfig => {
  const parsed = environment.safeParse(env);
  if (!parsed.success)
    throw new ConfigError(`the gateway's environment does not fit: ${z.prettifyError(parsed.error)}`);
  const {
    GATEWAY_HOST,
    GATEWAY_PORT,
    JWT_SECRET,
    JWT_JWKS_URL,
    JWT_ALGORITHMS,
    JWT_ISSUER,
    JWT_AUDIENCE,
    CORS_ORIGINS,
    RATE_LIMIT_PER_MINUTE,
    REQUEST_TIMEOUT_MS,
  } = parsed.data;
  if ((JWT_SECRET === undefined) === (JWT_JWKS_URL === undefined))
    throw new ConfigError('set either JWT_SECRET (HS256) or JWT_JWKS_URL, so that the gateway can verify tokens');
  const issued = { issuer: JWT_ISSUER, audience: JWT_AUDIENCE ?? null };
  return {
    host: GATEWAY_HOST,
    port: GATEWAY_PORT,
    corsOrigins: listOf(CORS_ORIGINS),
    rateLimitPerMinute: RATE_LIMIT_PER_MINUTE,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    tokens:
      JWT_SECRET === undefined
        ? { ...issued, jwksUrl: new URL(JWT_JWKS_URL ?? ''), algorithms: listOf(JWT_ALGORITHMS) }
        : { ...issued, secret: new TextEncoder().encode(JWT_SECRET) },
  };
};

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
