import { ConfigError, defineConfig, secret, wholeNumber } from '@arcadia/platform';
import { z } from 'zod';
import type { MailServer } from './clients/send-mail.ts';

export type Config = {
  /** The keys that secrets are sealed with: the first one seals, all of them open. */
  keys: readonly string[];
  /** Whether webhooks may go to this machine, also over plain http: for development and tests only. */
  allowsLoopback: boolean;
  /** How long an endpoint may take to answer, in milliseconds. */
  webhookTimeoutMs: number;
  /** Webhooks that one run posts in a second at most. */
  webhooksPerSecond: number;
  /** DNS servers by which endpoints are resolved; empty: those of the machine. */
  dnsServers: readonly string[];
  /** How long the log of deliveries is kept, in days. */
  logDays: number;
  /** Networks in which buckets of the operator's own exports may be, also over plain http, as `10.0.5.0/24`. */
  exportNetworks: readonly string[];
  /** How long a bucket may take for each part, in milliseconds. */
  exportTimeoutMs: number;
  /** Null: no mails are sent. */
  mail: MailConfig | null;
};

/** How mails are sent. */
export type MailConfig = {
  server: MailServer;
  from: { name: string; address: string };
  /** The operator's addresses. */
  operatorRecipients: readonly string[];
  /** Mails that are sent in a second at most. */
  perSecond: number;
  /** The days of reminders, counted from the due day: negative before it. */
  reminderDays: readonly number[];
  /** What occurred longer ago is not mailed, in days. */
  mostAgeDays: number;
  /** The largest document that is attached, in bytes; 0: none is. */
  mostAttachedBytes: number;
  consoleUrl: URL | null;
};

/** An IPv4 address, or an IPv6 address; with a port, the latter in brackets. */
const nameServer = /^\d+(\.\d+){3}(:\d+)?$|^[\da-f:]*:[\da-f:]*$|^\[[\da-f:]+\](:\d+)?$/i;
const leastKeyLength = 32;

const variables = {
  NOTIFICATIONS_KEY: z.string('is missing: run node scripts/new-secrets.mjs --add .env').meta({
    description:
      'Key of at least 32 characters with which the secrets of webhook endpoints and scheduled exports are encrypted in the database. Several, separated by commas, while it is replaced: the first one encrypts, all of them decrypt.',
    ...secret,
  }),
  WEBHOOK_LOOPBACK: z.enum(['on', 'off'], 'must be on or off').default('off').meta({
    description:
      '`on`: webhooks and scheduled exports may go to this machine, also over plain http. For development only.',
  }),
  WEBHOOK_TIMEOUT_MS: wholeNumber('milliseconds', { least: 100, most: 60_000, usual: 15_000 }).meta({
    description: 'How long a webhook endpoint may take to answer, in milliseconds.',
  }),
  WEBHOOKS_PER_SECOND: wholeNumber('webhooks', { least: 1, most: 10_000, usual: 300 }).meta({
    description:
      'Webhooks that a replica posts in a second at most, so that a burst leaves the machine to what calculates; fewer, but 30, while other programs keep the service waiting for a processor. Two replicas may post at once.',
  }),
  WEBHOOK_DNS: z.string().default('').meta({
    description:
      'DNS servers by which webhook endpoints and buckets are resolved, separated by commas; absent: those of the machine.',
    example: '10.0.0.2',
  }),
  DELIVERY_LOG_DAYS: wholeNumber('days', { least: 4, most: 3_650, usual: 90 }).meta({
    description:
      'How long notifications, the log of their deliveries and the runs of scheduled exports are kept, in days.',
  }),
  EXPORT_NETWORKS: z.string().default('').meta({
    description:
      'Networks, separated by commas, in which the buckets of the operator’s own scheduled exports may be although they are not public, also over plain http; buckets of tenants may not.',
    example: '10.0.5.0/24',
  }),
  EXPORT_TIMEOUT_MS: wholeNumber('milliseconds', { least: 100, most: 50_000, usual: 45_000 }).meta({
    description: 'How long a bucket may take for each part of 5 MiB of a scheduled export, in milliseconds.',
  }),
  SMTP_URL: z
    .string()
    .regex(
      /^smtps?:\/\/[^\s/]+/,
      'must be a URL such as smtps://mail.example:465, with the user and the password before the host',
    )
    .optional()
    .meta({
      description:
        'Mail server, `smtps://user:password@host:465`, or `smtp://` with STARTTLS where the server offers it; with a password it must. Absent: no mails are sent.',
      ...secret,
    }),
  MAIL_FROM: z.string().optional().meta({
    description: 'Sender of mails, with a name; required with `SMTP_URL`.',
    example: 'Arcadia Cloud <billing@arcadia.example>',
  }),
  MAIL_OPERATOR_RECIPIENTS: z.string().default('').meta({
    description:
      'Addresses of the operator, separated by commas: they are mailed of parked sweeps, unreconciled bills, failed sagas and disabled webhook endpoints.',
    example: 'ops@arcadia.example',
  }),
  MAIL_REMINDER_DAYS: z
    .string()
    .regex(/^(-?\d{1,3}(\s*,\s*-?\d{1,3})*)?$/, 'must be days separated by commas, such as -3,7,14')
    .default('-3,7,14')
    .meta({
      description:
        'Days of reminders of unpaid invoices, counted from the due day, separated by commas; `-3` is three days before it. Empty: none.',
      example: '-3,7,14',
    }),
  MAIL_MOST_AGE_DAYS: wholeNumber('days', { least: 1, most: 365, usual: 7 }).meta({
    description:
      'What occurred longer ago is not mailed, in days: so a first start with months of history sends no mails about them.',
  }),
  MAIL_ATTACHMENT_KB: wholeNumber('kilobytes', { least: 0, most: 20_000, usual: 5_000 }).meta({
    description: 'The largest PDF that is attached, in kilobytes; a larger one is only named. 0: none is attached.',
  }),
  MAILS_PER_SECOND: wholeNumber('mails', { least: 1, most: 10_000, usual: 300 }).meta({
    description:
      'Mails that are sent in a second at most; fewer, but 30, while other programs keep the service waiting for a processor. Many mail servers allow fewer.',
  }),
  SMTP_CONNECTIONS: wholeNumber('connections', { least: 1, most: 100, usual: 8 }).meta({
    description: 'Connections to the mail server at the same time.',
  }),
  SMTP_CA_PATH: z.string().optional().meta({
    description:
      'PEM file with authorities whose certificates the mail server may have, besides the public ones; absent: only those.',
    example: '/run/tls/mail-ca.pem',
  }),
  SMTP_TIMEOUT_MS: wholeNumber('milliseconds', { least: 100, most: 300_000, usual: 30_000 }).meta({
    description: 'How long the mail server may take for each reply, in milliseconds.',
  }),
  MAIL_LINK_URL: z.url('must be a URL such as https://console.example').optional().meta({
    description: 'Public URL of the web console, to which mails link; absent: they have no link.',
    example: 'https://console.example',
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
    webhooksPerSecond: given.WEBHOOKS_PER_SECOND,
    dnsServers,
    exportNetworks: networksIn(given.EXPORT_NETWORKS),
    exportTimeoutMs: given.EXPORT_TIMEOUT_MS,
    logDays: given.DELIVERY_LOG_DAYS,
    mail: given.SMTP_URL === undefined ? null : mailOf({ ...given, SMTP_URL: given.SMTP_URL }),
  };
});

/** An IPv4 or IPv6 network, such as `10.0.5.0/24`. */
const networkForm = /^(\d{1,3}(\.\d{1,3}){3}\/(3[0-2]|[12]?\d)|[\da-f:]*:[\da-f:]*\/(12[0-8]|1[01]\d|[1-9]?\d))$/i;

/** @throws ConfigError for an item that is no network */
function networksIn(text: string): string[] {
  const networks = listOf(text);
  const wrong = networks.find(
    (network) => !networkForm.test(network) || /(^|\.)(25[6-9]|2[6-9]\d|[3-9]\d\d)\b/.test(network),
  );
  if (wrong !== undefined) throw new ConfigError(`EXPORT_NETWORKS: "${wrong}" is no network such as 10.0.5.0/24.`);
  return networks;
}

type Given = z.output<z.ZodObject<typeof variables>>;

function mailOf(given: Given & { SMTP_URL: string }): MailConfig {
  const operatorRecipients = listOf(given.MAIL_OPERATOR_RECIPIENTS);
  const wrong = operatorRecipients.find((recipient) => !isAddress(recipient));
  if (wrong !== undefined) throw new ConfigError(`MAIL_OPERATOR_RECIPIENTS: "${wrong}" is no address.`);
  if (!URL.canParse(given.SMTP_URL)) throw new ConfigError('SMTP_URL is no URL.');
  return {
    server: {
      ...{ url: given.SMTP_URL, connections: given.SMTP_CONNECTIONS, timeoutMs: given.SMTP_TIMEOUT_MS },
      caFile: given.SMTP_CA_PATH ?? null,
    },
    from: senderOf(given.MAIL_FROM ?? ''),
    operatorRecipients,
    perSecond: given.MAILS_PER_SECOND,
    reminderDays: [...new Set(listOf(given.MAIL_REMINDER_DAYS).map(Number))].toSorted((a, b) => a - b),
    mostAgeDays: given.MAIL_MOST_AGE_DAYS,
    mostAttachedBytes: given.MAIL_ATTACHMENT_KB * 1_000,
    consoleUrl: given.MAIL_LINK_URL === undefined ? null : new URL(given.MAIL_LINK_URL),
  };
}

const isAddress = (text: string): boolean => z.email().safeParse(text).success;

/** `Arcadia Cloud <billing@arcadia.example>` or the address alone. */
function senderOf(text: string): { name: string; address: string } {
  const { name = '', address = '' } = /^\s*(?<name>[^<>"\r\n]*?)\s*<(?<address>[^<>\s]+)>\s*$/.exec(text)?.groups ?? {
    address: text.trim(),
  };
  if (!isAddress(address))
    throw new ConfigError('MAIL_FROM must be a sender such as Arcadia Cloud <billing@arcadia.example>.');
  return { name: name === '' ? address : name, address };
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
