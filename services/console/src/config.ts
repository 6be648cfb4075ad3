import { ConfigError, defineConfig, secret } from '@arcadia/platform';
import { z } from 'zod';

/** The issuer that people sign in with (OpenID Connect). */
export type OpenIdConfig = { issuer: URL; clientId: string; clientSecret: string | null; scope: string };

export type Config = {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** The address under which people reach the console; null: the address that it listens on. */
  publicUrl: URL | null;
  gatewayUrl: string;
  /** The key of the session cookies. All replicas have the same. */
  secret: string;
  /** Null: people sign in with a token. */
  openId: OpenIdConfig | null;
};

/** True for an issuer on this machine, for development and tests. It may speak plain HTTP. */
export const isOnThisMachine = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1'].includes(hostname);

const variables = {
  CONSOLE_HOST: z.string().default('0.0.0.0').meta({ description: 'Address that the console listens on.' }),
  CONSOLE_PORT: z.coerce
    .number('give a port, such as 4006')
    .int('give a port')
    .min(0, 'give a port')
    .max(65_535, 'give a port')
    .default(4006)
    .meta({ description: 'Port of the console; 0 takes a free one.' }),
  CONSOLE_URL: z.url('must be a URL such as https://console.example').optional().meta({
    description:
      'Address under which people reach the console; absent: the one it listens on. With `https`, its cookies are sent over TLS only.',
    example: 'https://console.example',
  }),
  CONSOLE_SECRET: z
    .string('is missing: run node scripts/new-secrets.mjs --add .env')
    .min(32, 'needs at least 32 characters')
    .meta({ description: 'Secret that the session cookies are encrypted with, the same in every replica.', ...secret }),
  GATEWAY_URL: z
    .url('must be a URL such as http://gateway:4005')
    .default('http://127.0.0.1:4005')
    .meta({ description: 'Address of the gateway.' }),
  OPENID_ISSUER: z
    .url('must be a URL such as https://issuer.example')
    .refine(
      (url) => URL.canParse(url) && (url.startsWith('https:') || isOnThisMachine(new URL(url))),
      'must begin with https:// because people sign in there; only an issuer on localhost may do without',
    )
    .optional()
    .meta({
      description:
        'Identity provider that people sign in with, the one whose tokens the gateway accepts; absent: they paste a token.',
      example: 'https://issuer.example',
    }),
  OPENID_CLIENT_ID: z.string().optional().meta({
    description: 'Name of the console at the identity provider; together with `OPENID_ISSUER`.',
    example: 'arcadia-console',
  }),
  OPENID_CLIENT_SECRET: z
    .string()
    .optional()
    .meta({ description: 'Secret of the console at the identity provider; absent for a public client.', ...secret }),
  OPENID_SCOPE: z
    .string()
    .default('openid')
    .meta({ description: 'Scopes to request, separated by spaces; `openid` is one of them.' }),
};

/** @throws ConfigError naming the variables that are missing or wrong, and the remedy */
export const parseConfig = defineConfig(variables, (given): Config => {
  const { OPENID_ISSUER: issuer, OPENID_CLIENT_ID: clientId } = given;
  if ((issuer === undefined) !== (clientId === undefined))
    throw new ConfigError('Set OPENID_ISSUER and OPENID_CLIENT_ID together, or neither.');
  return {
    host: given.CONSOLE_HOST,
    port: given.CONSOLE_PORT,
    publicUrl: given.CONSOLE_URL === undefined ? null : new URL(given.CONSOLE_URL),
    gatewayUrl: given.GATEWAY_URL,
    secret: given.CONSOLE_SECRET,
    openId:
      issuer === undefined || clientId === undefined
        ? null
        : {
            issuer: new URL(issuer),
            clientId,
            clientSecret: given.OPENID_CLIENT_SECRET ?? null,
            scope: given.OPENID_SCOPE,
          },
  };
});
