import { readFileSync } from 'node:fs';
import { z } from 'zod';

export type Env = Readonly<Record<string, string | undefined>>;

/** A missing or wrong environment variable. The message is one sentence for the person who starts the service. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Environment variables by name, each with its description (`meta`) and its form. */
export type Variables = Readonly<Record<string, z.ZodType>>;

/** Parses the settings of a service; `variables` are those that it reads, for the reference page and the deployment files. */
export type ConfigParser<Config> = ((env: Env) => Config) & { readonly variables: Variables };

/** A variable that holds a secret, which may be given as a file by the variable with `_FILE` at its end. */
export const secret = { isSecret: true } as const;

/**
 * Declares the settings of a service: its variables, and the config that is made of their parsed values.
 * @param make may throw ConfigError for variables that do not fit each other
 */
export function defineConfig<const Shape extends Variables, Config>(
  variables: Shape,
  make: (given: z.output<z.ZodObject<Shape>>, env: Env) => Config,
): ConfigParser<Config> {
  const schema = z.object(variables);
  return Object.assign((env: Env) => make(parseConfig(schema, env), env), { variables });
}

/**
 * Parses the environment once, at start. A blank variable counts as absent; a secret may be in the file that `NAME_FILE` names, and
 * is refused when it is given both ways: one of them is out of date.
 * @throws ConfigError naming every variable that is missing or wrong
 */
export function parseConfig<Shape extends Variables>(
  schema: z.ZodObject<Shape>,
  env: Env,
): z.output<z.ZodObject<Shape>> {
  const faults: string[] = [];
  const given: Record<string, string> = {};
  for (const [name, variable] of Object.entries(schema.shape)) {
    const own = valueOf(env, name);
    const value = isSecret(variable) ? secretOf(env, { name, own }, faults) : own;
    if (value !== undefined) given[name] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success && faults.length === 0) return parsed.data;
  for (const { path, message } of parsed.error?.issues ?? []) faults.push(`${path.join('.')}: ${message}`);
  throw new ConfigError(`The environment is not usable: ${faults.join('; ')}.`);
}

const isSecret = (variable: z.ZodType): boolean => variable.meta()?.['isSecret'] === true;

const valueOf = (env: Env, name: string): string | undefined => env[name]?.trim() || undefined;

function secretOf(
  env: Env,
  { name, own }: { name: string; own: string | undefined },
  faults: string[],
): string | undefined {
  const file = valueOf(env, `${name}_FILE`);
  if (file === undefined) return own;
  if (own !== undefined) {
    faults.push(`${name}: it is set, and so is ${name}_FILE; set one of them`);
    return own;
  }
  try {
    const content = readFileSync(file, 'utf8').trim();
    if (content !== '') return content;
    faults.push(`${name}_FILE: the file ${file} is empty`);
  } catch (error) {
    faults.push(`${name}_FILE: the file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
  return undefined;
}

/**
 * Runs every part of a configuration, so that one error names the faults of all.
 * @throws ConfigError with one line for each part that threw one
 */
export function parseAll<Parts extends Readonly<Record<string, () => unknown>>>(
  parts: Parts,
): { [Name in keyof Parts]: ReturnType<Parts[Name]> } {
  const faults: string[] = [];
  const entries = Object.entries(parts).map(([name, parse]) => {
    try {
      return [name, parse()];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(error.message);
      return [name, undefined];
    }
  });
  if (faults.length > 0) throw new ConfigError([...new Set(faults)].join('\n'));
  return Object.fromEntries(entries);
}

/** The variables by which a service reaches Postgres and NATS; each may be given with the service's name before it. */
export const connectionVariables = {
  DATABASE_URL: z
    .string()
    .optional()
    .meta({
      description: "Postgres, with the service's own role. The gateway needs none.",
      example: 'postgres://metering:secret@postgres:5432/arcadia',
      ...secret,
    }),
  DATABASE_PASSWORD: z
    .string()
    .optional()
    .meta({ description: 'Password of the database role, where `DATABASE_URL` has none.', ...secret }),
  NATS_URL: z.string().optional().meta({
    description: 'One or more NATS servers, separated by commas.',
    example: 'nats://nats:4222',
  }),
  NATS_USER: z.string().optional().meta({ description: "The service's own NATS user.", example: 'metering' }),
  NATS_PASSWORD: z
    .string()
    .optional()
    .meta({ description: 'Password of the NATS user.', ...secret }),
  NATS_CA_PATH: z.string().optional().meta({
    description:
      'PEM file with the authority whose certificates the NATS servers have; with it every connection is encrypted and verified.',
    example: '/run/tls/ca.pem',
  }),
  ACTOR_SIGNING_KEY: z
    .string()
    .optional()
    .meta({
      description:
        'X25519 key with which the service signs the requests that it sends, and verifies those that it answers. Required with a NATS user.',
      ...secret,
    }),
  ACTOR_KEYS: z.string().optional().meta({
    description:
      'Public keys of all services and of the operator, which sign and verify requests; two for one name while its key is replaced.',
    example: 'gateway:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo,invoicing:…',
  }),
};

/** `inventory-sync` + `DATABASE_URL` → `INVENTORY_SYNC_DATABASE_URL`. */
function ownVariable(service: string, variable: string): string {
  return `${service.replaceAll('-', '_').toUpperCase()}_${variable}`;
}

/**
 * The service's own variable, or else the shared one; a blank variable counts as absent.
 * @throws ConfigError when the variable names a file that cannot be read
 */
export function serviceVariable(
  service: string,
  variable: keyof typeof connectionVariables,
  env: Env,
): string | undefined {
  const own = ownVariable(service, variable);
  const form = connectionVariables[variable];
  const given = parseConfig(z.object({ [own]: form, [variable]: form }), env);
  return given[own] ?? given[variable];
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
  const password = serviceVariable(service, 'DATABASE_PASSWORD', env);
  return password === undefined ? url : withPassword(url, password);
}

/** The same URL with a password; one that it has already stays. */
function withPassword(url: string, password: string): string {
  const parsed = new URL(url);
  if (parsed.password === '') parsed.password = encodeURIComponent(password);
  return parsed.href;
}

export type NatsAccess = { servers: string[]; user?: string; pass?: string; tls?: { caFile: string } };

/**
 * How a service reaches NATS. `NATS_URL` may name several servers separated by commas; user and password may be service-specific.
 * @throws ConfigError when `NATS_URL` is missing or cannot be parsed
 */
export function natsAccess(service: string, env: Env): NatsAccess {
  const url = serviceVariable(service, 'NATS_URL', env);
  const user = serviceVariable(service, 'NATS_USER', env);
  const pass = serviceVariable(service, 'NATS_PASSWORD', env);
  const missing = [
    ...(url === undefined ? ['NATS_URL, for example nats://127.0.0.1:4222'] : []),
    ...(user !== undefined && pass === undefined ? [`NATS_PASSWORD, the password of the user ${user}`] : []),
  ];
  if (url === undefined || missing.length > 0)
    throw new ConfigError(`${service} needs NATS: set ${missing.join(', and ')}.`);
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
    if (parsed.username) fromUrl = loginIn(parsed);
    const secure = parsed.protocol === 'tls:' ? 'tls://' : '';
    servers.push(`${secure}${parsed.hostname}:${parsed.port || '4222'}`);
  }
  const caFile = serviceVariable(service, 'NATS_CA_PATH', env);
  const login = user === undefined ? fromUrl : { user, ...(pass === undefined ? {} : { pass }) };
  return { servers, ...login, ...(caFile === undefined ? {} : { tls: { caFile } }) };
}

function loginIn({ username, password }: URL): { user: string; pass: string } {
  try {
    return { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  } catch (cause) {
    throw new ConfigError(
      'NATS_URL has a percent sign in its user or password that encodes nothing; write a literal one as %25.',
      { cause },
    );
  }
}
