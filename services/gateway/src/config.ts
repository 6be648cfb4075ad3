import { ConfigError, defineConfig, secret, wholeNumber } from '@arcadia/platform';
import { z } from 'zod';

/** How tokens are verified: with a shared secret (HS256), or with the public keys of an issuer. Never both. */
export type TokenPolicy = {
  issuer: string;
  audience: string | null;
  /** The longest time between issue and expiry of a token, in seconds. */
  longestSeconds: number;
} & ({ secret: Uint8Array } | { jwksUrl: URL; algorithms: string[] });

export type Config = {
  host: string;
  /** 0 for any free port. */
  port: number;
  tokens: TokenPolicy;
  corsOrigins: string[];
  /** Requests per minute of each subject over all replicas; 0 for no limit. */
  rateLimitPerMinute: number;
  /** Requests per minute of each tenant with all its subjects; 0 for no limit. */
  tenantRateLimitPerMinute: number;
  /** Live feeds of each caller that may be open at one replica; five times as many of a tenant. */
  feedsPerCaller: number;
  /** Downloads of each caller that may be open at one replica; five times as many of a tenant. */
  downloadsPerCaller: number;
  /** Whether commands that destroy or pay wait for a second person. */
  fourEyes: boolean;
  /** How long they wait, in hours. */
  approvalHours: number;
  /** How long a request may take to arrive, in milliseconds. */
  requestTimeoutMs: number;
};

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const areOf =
  (isOne: (item: string) => boolean) =>
  (text: string): boolean =>
    listOf(text).every(isOne);

/** A shared secret would be a public key that everyone knows, and `none` no signature at all. */
const isOfAKeyPair = (name: string): boolean =>
  /^(EdDSA|Ed25519|ES(256|384|512)|RS(256|384|512)|PS(256|384|512))$/.test(name);

/** An origin as a browser sends it; one with a path, or a star, would never be equal to it. */
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const variables = {
  GATEWAY_HOST: z.string().default('0.0.0.0').meta({ description: 'Address that the gateway listens on.' }),
  GATEWAY_PORT: z.coerce
    .number('give a port, such as 4005')
    .int('give a port')
    .min(0, 'give a port')
    .max(65_535, 'give a port')
    .default(4005)
    .meta({ description: 'Port of the REST API; 0 takes a free one.' }),
  JWT_SECRET: z
    .string()
    .min(32, 'needs at least 32 characters')
    .optional()
    .meta({
      description: 'Shared secret that tokens are verified with (HS256). Either this or `JWT_JWKS_URL`.',
      ...secret,
    }),
  JWT_JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://issuer.example/jwks' })
    .optional()
    .meta({ description: 'Public keys of the identity provider.', example: 'https://issuer.example/jwks' }),
  JWT_ALGORITHMS: z
    .string()
    .refine(areOf(isOfAKeyPair), 'must name algorithms with a public key, such as EdDSA,ES256,RS256')
    .default('EdDSA,ES256,RS256')
    .meta({ description: 'Algorithms that are accepted with `JWT_JWKS_URL`, separated by commas.' }),
  JWT_ISSUER: z.string().default('arcadia').meta({ description: 'Value that the claim `iss` must have.' }),
  JWT_AUDIENCE: z
    .string()
    .optional()
    .meta({ description: 'Value that the claim `aud` must contain; absent: it is not checked.', example: 'arcadia' }),
  JWT_MAX_AGE_SECONDS: wholeNumber('seconds', { least: 60, most: 31_536_000, usual: 86_400 }).meta({
    description:
      'Longest time between issue and expiry of a token, in seconds; tokens that are valid longer, or older, are refused.',
  }),
  CORS_ORIGINS: z
    .string()
    .refine(areOf(isOrigin), 'must be origins such as https://console.example, without a path')
    .default('')
    .meta({
      description: 'Origins whose pages may call the API from a browser, separated by commas.',
      example: 'https://console.example',
    }),
  RATE_LIMIT_PER_MINUTE: wholeNumber('requests', { least: 0, most: 1_000_000, usual: 12_000 }).meta({
    description: 'Requests per minute of each person or API key, over all replicas; 0: no limit.',
  }),
  RATE_LIMIT_TENANT_PER_MINUTE: wholeNumber('requests', { least: 0, most: 10_000_000, usual: 60_000 }).meta({
    description: 'Requests per minute of all persons and API keys of a tenant, over all replicas; 0: no limit.',
  }),
  FEEDS_PER_CALLER: wholeNumber('feeds', { least: 1, most: 1_000, usual: 20 }).meta({
    description:
      'Live feeds that a person or API key may have open at one replica; a tenant may have five times as many.',
  }),
  DOWNLOADS_PER_CALLER: wholeNumber('downloads', { least: 1, most: 1_000, usual: 5 }).meta({
    description:
      'Downloads that a person or API key may have open at one replica; a tenant may have five times as many.',
  }),
  FOUR_EYES: z.enum(['on', 'off'], 'must be on or off').default('off').meta({
    description:
      '`on`: a command that destroys or pays (void, credit note, refund, offboarding, forced close or run) waits until a second person approves it.',
  }),
  APPROVAL_HOURS: wholeNumber('hours', { least: 1, most: 720, usual: 24 }).meta({
    description: 'How long such a command can be approved, in hours.',
  }),
  REQUEST_TIMEOUT_MS: wholeNumber('milliseconds', { least: 100, most: 3_600_000, usual: 30_000 }).meta({
    description: 'How long a request may take to arrive, in milliseconds.',
  }),
};

/** @throws ConfigError naming the variables that are missing or wrong, and the remedy */
export const parseConfig = defineConfig(variables, (given): Config => {
  const { JWT_SECRET, JWT_JWKS_URL } = given;
  if ((JWT_SECRET === undefined) === (JWT_JWKS_URL === undefined))
    throw new ConfigError('Set either JWT_SECRET (HS256) or JWT_JWKS_URL, so that the gateway can verify tokens.');
  const issued = {
    issuer: given.JWT_ISSUER,
    audience: given.JWT_AUDIENCE ?? null,
    longestSeconds: given.JWT_MAX_AGE_SECONDS,
  };
  return {
    host: given.GATEWAY_HOST,
    port: given.GATEWAY_PORT,
    corsOrigins: listOf(given.CORS_ORIGINS),
    rateLimitPerMinute: given.RATE_LIMIT_PER_MINUTE,
    tenantRateLimitPerMinute: given.RATE_LIMIT_TENANT_PER_MINUTE,
    feedsPerCaller: given.FEEDS_PER_CALLER,
    downloadsPerCaller: given.DOWNLOADS_PER_CALLER,
    fourEyes: given.FOUR_EYES === 'on',
    approvalHours: given.APPROVAL_HOURS,
    requestTimeoutMs: given.REQUEST_TIMEOUT_MS,
    tokens:
      JWT_SECRET === undefined
        ? { ...issued, jwksUrl: new URL(JWT_JWKS_URL ?? ''), algorithms: listOf(given.JWT_ALGORITHMS) }
        : { ...issued, secret: new TextEncoder().encode(JWT_SECRET) },
  };
});
