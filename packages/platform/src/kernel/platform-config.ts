import { z } from 'zod';
import { type Env, parseConfig, secret } from './config.ts';
import type { TracingSettings } from './tracing.ts';

/** A whole number within limits, with its usual value. */
export const wholeNumber = (name: string, limits: { least: number; most: number; usual: number }) =>
  z.coerce
    .number(`give a whole number of ${name}, such as ${limits.usual}`)
    .int(`give a whole number of ${name}, such as ${limits.usual}`)
    .min(limits.least, `at least ${limits.least}`)
    .max(limits.most, `at most ${limits.most}`)
    .default(limits.usual);

/** The variables of every service. */
export const platformVariables = {
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'one of debug, info, warn, error, silent')
    .default('info')
    .meta({ description: 'Least level of the lines that are logged: `debug`, `info`, `warn`, `error` or `silent`.' }),
  HEALTH_PORT: z.coerce
    .number('give a port, such as 8080')
    .int('give a port')
    .min(0)
    .max(65_535)
    .default(8080)
    .meta({ description: 'Port of health and metrics; 0 takes a free one.' }),
  DATABASE_CONNECTIONS: wholeNumber('connections', { least: 2, most: 500, usual: 10 }).meta({
    description: 'Connections to Postgres per process.',
  }),
  RETENTION_DAYS: wholeNumber('days', { least: 31, most: 36_500, usual: 400 }).meta({
    description: 'Days for which streams keep events; a stream that keeps them longer is left so.',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'give the URL of a collector, such as http://collector:4318' })
    .optional()
    .meta({
      description: 'OpenTelemetry collector (OTLP over HTTP) to which traces are sent; without it nothing is traced.',
      example: 'http://collector:4318',
    }),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(
      /^[^=,\s]+=[^,]*(,[^=,\s]+=[^,]*)*$/,
      'give names and values such as authorization=Bearer%20…,tenant=arcadia',
    )
    .optional()
    .meta({
      description: 'Headers for the collector, as `name=value` with commas between them; values are percent-encoded.',
      ...secret,
    }),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number('give a share from 0 to 1, such as 0.1')
    .min(0, 'at least 0')
    .max(1, 'at most 1')
    .default(1)
    .meta({ description: 'Share of the traces that are recorded, from 0 to 1, where no caller has decided it.' }),
};

/** The variables of the installer, which creates the streams of all services. */
export const installerVariables = {
  LOG_LEVEL: platformVariables.LOG_LEVEL,
  HEALTH_PORT: platformVariables.HEALTH_PORT,
  RETENTION_DAYS: platformVariables.RETENTION_DAYS,
  RETENTION_MAY_SHRINK: z.enum(['0', '1'], '0 or 1').default('0').meta({
    description: '`1` allows a smaller `RETENTION_DAYS` to delete older events, which cannot be brought back.',
  }),
  NATS_REPLICAS: z.coerce
    .number('1, 3 or 5')
    .refine((count) => [1, 3, 5].includes(count), '1 for a single server, 3 or 5 in a cluster')
    .default(1)
    .meta({ description: 'Copies of each stream: 1 for a single server, 3 or 5 in a cluster.' }),
};

const environment = z.object(platformVariables);
const installerEnvironment = z.object(installerVariables);

/** The settings that every service has, whatever it does. */
export type PlatformConfig = {
  logLevel: string;
  /** Port of health and metrics; 0 takes a free one. */
  healthPort: number;
  /** Connections to Postgres per process. */
  databaseConnections: number;
  /** Days for which events are kept. */
  retentionDays: number;
  tracing: TracingSettings;
};

/** `a=1,b=2` with percent-encoded values, as OpenTelemetry writes headers in a variable. */
function headersOf(text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), decodeURIComponent(pair.slice(pair.indexOf('=') + 1))]),
  );
}

/**
 * Parses the variables of the platform.
 * @throws ConfigError naming every variable that is wrong
 */
export function parsePlatformConfig(env: Env): PlatformConfig {
  const parsed = parseConfig(environment, env);
  return {
    logLevel: parsed.LOG_LEVEL,
    healthPort: parsed.HEALTH_PORT,
    databaseConnections: parsed.DATABASE_CONNECTIONS,
    retentionDays: parsed.RETENTION_DAYS,
    tracing: {
      endpoint: parsed.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
      headers: headersOf(parsed.OTEL_EXPORTER_OTLP_HEADERS),
      share: parsed.OTEL_TRACES_SAMPLER_ARG,
    },
  };
}

/** The settings of the installer. */
export type InstallerConfig = {
  logLevel: string;
  healthPort: number;
  streams: { retentionDays: number; replicas: number; mayShrink: boolean };
};

/**
 * Parses the variables of the installer.
 * @throws ConfigError naming every variable that is wrong
 */
export function parseInstallerConfig(env: Env): InstallerConfig {
  const parsed = parseConfig(installerEnvironment, env);
  return {
    logLevel: parsed.LOG_LEVEL,
    healthPort: parsed.HEALTH_PORT,
    streams: {
      retentionDays: parsed.RETENTION_DAYS,
      replicas: parsed.NATS_REPLICAS,
      mayShrink: parsed.RETENTION_MAY_SHRINK === '1',
    },
  };
}
