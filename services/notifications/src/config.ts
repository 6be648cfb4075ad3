import { ConfigError, defineConfig, secret, wholeNumber } from '@arcadia/platform';
import { z } from 'zod';

export type Config = {
  /** The keys that secrets are sealed with: the first one seals, all of them open. */
  keys: readonly string[];
  /** Whether webhooks may go to this machine, also over plain http: for development and tests only. */
  allowsLoopback: boolean;
  /** How long an endpoint may take to answer, in milliseconds. */
  webhookTimeoutMs: number;
  /** DNS servers by which endpoints are resolved; empty: those of the machine. */
  dnsServers: readonly string[];
  /** How long the log of deliveries is kept, in days. */
  logDays: number;
};

/** An IPv4 address, or an IPv6 address; with a port, the latter in brackets. */
const nameServer = /^\d+(\.\d+){3}(:\d+)?$|^[\da-f:]*:[\da-f:]*$|^\[[\da-f:]+\](:\d+)?$/i;
const leastKeyLength = 32;

const variables = {
  NOTIFICATIONS_KEY: z.string('is missing: run node scripts/new-secrets.mjs --add .env').meta({
    description:
      'Key of at least 32 characters with which the secrets of webhook endpoints are encrypted in the database. Several, separated by commas, while it is replaced: the first one encrypts, all of them decrypt.',
    ...secret,
  }),
  WEBHOOK_LOOPBACK: z.enum(['on', 'off'], 'must be on or off').default('off').meta({
    description: '`on`: webhooks may go to this machine, also over plain http. For development only.',
  }),
  WEBHOOK_TIMEOUT_MS: wholeNumber('milliseconds', { least: 100, most: 60_000, usual: 15_000 }).meta({
    description: 'How long a webhook endpoint may take to answer, in milliseconds.',
  }),
  WEBHOOK_DNS: z.string().default('').meta({
    description:
      'DNS servers by which webhook endpoints are resolved, separated by commas; absent: those of the machine.',
    example: '10.0.0.2',
  }),
  DELIVERY_LOG_DAYS: wholeNumber('days', { least: 4, most: 3_650, usual: 90 }).meta({
    description: 'How long notifications and the log of their deliveries are kept, in days.',
  }),
};

/** @throws ConfigError naming the variables that are missing or wrong, and the remedy */
export const parseConfig = defineConfig(variables, (given): Config => {
  const keys = listOf(given.NOTIFICATIONS_KEY);
  if (keys.length === 0 || keys.some((key) => key.length < leastKeyLength))
    throw new ConfigError(`NOTIFICATIONS_KEY: each key needs at least ${leastKeyLength} characters.`);
  const dnsServers = listOf(given.WEBHOOK_DNS);
  const wrong = dnsServers.find((server) => !nameServer.test(server));
  if (wrong !== undefined)
    throw new ConfigError(`WEBHOOK_DNS: "${wrong}" is no IP address, such as 10.0.0.2 or 10.0.0.2:5353.`);
  return {
    keys,
    allowsLoopback: given.WEBHOOK_LOOPBACK === 'on',
    webhookTimeoutMs: given.WEBHOOK_TIMEOUT_MS,
    dnsServers,
    logDays: given.DELIVERY_LOG_DAYS,
  };
});

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
