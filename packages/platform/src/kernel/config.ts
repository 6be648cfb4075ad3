import type { z } from 'zod';

export type Env = Readonly<Record<string, string | undefined>>;

/** A missing or wrong environment variable. The message is one sentence for the person who starts the service. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Parses the environment once, at start. A blank variable counts as absent.
 * @throws ConfigError naming every variable that is missing or wrong
 */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, env: Env): z.output<Schema> {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '');
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`The environment is not usable: ${faults.join('; ')}.`);
}

/** `inventory-sync` + `DATABASE_URL` → `INVENTORY_SYNC_DATABASE_URL`. */
function ownVariable(service: string, variable: string): string {
  return `${service.replaceAll('-', '_').toUpperCase()}_${variable}`;
}

/** The service's own variable, or else the shared one; a blank variable counts as absent. */
export function serviceVariable(service: string, variable: string, env: Env): string | undefined {
  return env[ownVariable(service, variable)]?.trim() || env[variable]?.trim() || undefined;
}

/**
 * The URL of a service's database.
 * @throws ConfigError when the URL is missing or does not begin with `postgres://` or `postgresql://`
 */
export function databaseUrl(service: string, env: Env): string {
  const url = serviceVariable(service, 'DATABASE_URL', env);
  if (!url) {
    throw new ConfigError(`${service} needs a database: set ${ownVariable(service, 'DATABASE_URL')} or DATABASE_URL.`);
  }
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new ConfigError(`The database URL of ${service} must begin with postgres:// or postgresql://.`);
  }
  return url;
}

export type NatsAccess = { servers: string[]; user?: string; pass?: string };

/**
 * How a service reaches NATS. `NATS_URL` may name several servers separated by commas; user and password may be service-specific.
 * @throws ConfigError when `NATS_URL` is missing or cannot be parsed
 */
export function natsAccess(service: string, env: Env): NatsAccess {
  const url = serviceVariable(service, 'NATS_URL', env);
  if (!url) throw new ConfigError(`${service} needs NATS: set NATS_URL, for example nats://127.0.0.1:4222.`);
  const user = serviceVariable(service, 'NATS_USER', env);
  const pass = serviceVariable(service, 'NATS_PASSWORD', env);
  const servers: string[] = [];
  let fromUrl: { user?: string; pass?: string } = {};
  for (const part of url.split(',')) {
    let parsed: URL;
    try {
      parsed = new URL(part.trim());
    } catch (cause) {
      throw new ConfigError(`NATS_URL must look like nats://host:4222, separated by commas if there are several.`, {
        cause,
      });
    }
    if (parsed.username) {
      fromUrl = { user: decodeURIComponent(parsed.username), pass: decodeURIComponent(parsed.password) };
    }
    const secure = parsed.protocol === 'tls:' ? 'tls://' : '';
    servers.push(`${secure}${parsed.hostname}:${parsed.port || '4222'}`);
  }
  return { servers, ...(user === undefined ? fromUrl : { user, ...(pass === undefined ? {} : { pass }) }) };
}
