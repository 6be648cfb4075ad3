import { readFileSync, statSync } from 'node:fs';
import { ConfigError, type Env, parseConfig } from '@arcadia/platform';
import { z } from 'zod';

/** What a token is used for; each purpose may have one of its own, so that they do not eat each other's budget. */
export type Purpose = 'sync-fast' | 'sync-full';

export type Spaces = { key: string; secret: string; endpoint: string; regions: string[] };

export type Config = {
  apiUrl: string;
  /** Reads the token now: a file that was replaced is picked up. */
  token: (purpose: Purpose) => string;
  /** Whether anything but GET may leave. */
  write: boolean;
  /** Name of the operator's own project. */
  internalProject: string;
  /** How long the provider may take to answer one request, in milliseconds. */
  timeoutMs: number;
  /** The pause before a failed request is tried again, in milliseconds; it doubles. */
  backoffMs: number;
  /** Null: buckets are known by name only. */
  spaces: Spaces | null;
};

const blankIsAbsent = (value: unknown) => (value === '' ? undefined : value);

const variables = z.object({
  DIGITALOCEAN_API_URL: z.preprocess(
    blankIsAbsent,
    z.url('must be a URL such as https://api.digitalocean.com').default('https://api.digitalocean.com'),
  ),
  ARCADIA_WRITE: z.preprocess(blankIsAbsent, z.enum(['0', '1'], 'must be 1 (writes allowed) or 0').default('0')),
  INTERNAL_PROJECT: z.preprocess(blankIsAbsent, z.string().max(175).default('arcadia-internal')),
  DIGITALOCEAN_TIMEOUT_MS: z.preprocess(
    blankIsAbsent,
    z.coerce.number('must be a number of milliseconds').int().min(100).default(30_000),
  ),
  DIGITALOCEAN_BACKOFF_MS: z.preprocess(
    blankIsAbsent,
    z.coerce.number('must be a number of milliseconds').int().min(1).default(500),
  ),
  SPACES_KEY: z.preprocess(blankIsAbsent, z.string().optional()),
  SPACES_SECRET: z.preprocess(blankIsAbsent, z.string().optional()),
  SPACES_ENDPOINT: z.preprocess(blankIsAbsent, z.string().default('https://{region}.digitaloceanspaces.com')),
  SPACES_REGIONS: z.preprocess(
    blankIsAbsent,
    z.string().default('nyc3,ams3,sfo2,sfo3,sgp1,fra1,syd1,blr1,lon1,tor1,atl1'),
  ),
});

export function readConfig(env: Env): Config {
  const parsed = parseConfig(variables, env);
  const token = tokenReader(env);
  token('sync-full');
  return {
    apiUrl: parsed.DIGITALOCEAN_API_URL,
    token,
    write: parsed.ARCADIA_WRITE === '1',
    internalProject: parsed.INTERNAL_PROJECT,
    timeoutMs: parsed.DIGITALOCEAN_TIMEOUT_MS,
    backoffMs: parsed.DIGITALOCEAN_BACKOFF_MS,
    spaces: spacesOf(parsed),
  };
}

const spacesOf = ({
  SPACES_KEY: key,
  SPACES_SECRET: secret,
  SPACES_ENDPOINT: endpoint,
  SPACES_REGIONS,
}: z.output<typeof variables>): Spaces | null => {
  if (key === undefined && secret === undefined) return null;
  if (key === undefined || secret === undefined)
    throw new ConfigError('SPACES_KEY and SPACES_SECRET belong together: set both, or neither.');
  if (!URL.canParse(endpoint.replace('{region}', 'syd1')))
    throw new ConfigError(`SPACES_ENDPOINT is no URL: ${endpoint}.`);
  const regions = SPACES_REGIONS.split(',')
    .map((region) => region.trim())
    .filter((region) => region !== '');
  return { key, secret, endpoint, regions };
};

/** The purpose's own variable, its file, the common variable, its file: the first that is set. */
const tokenReader = (env: Env): Config['token'] => {
  const files = new Map<string, { changedAt: number; token: string }>();
  const fromFile = (path: string): string => {
    const changedAt = modified(path);
    const known = files.get(path);
    if (known !== undefined && known.changedAt === changedAt) return known.token;
    const token = readFileSync(path, 'utf8').trim();
    if (token === '') throw new ConfigError(`The token file ${path} is empty.`);
    files.set(path, { changedAt, token });
    return token;
  };
  return (purpose) => {
    const own = purpose.replace('-', '_').toUpperCase();
    for (const name of [`DIGITALOCEAN_TOKEN_${own}`, 'DIGITALOCEAN_TOKEN', 'DO_API_TOKEN']) {
      const value = env[name];
      if (value) return value.trim();
      const path = env[`${name}_FILE`];
      if (path) return fromFile(path);
    }
    throw new ConfigError(
      'inventory-sync needs a token for the provider: set DIGITALOCEAN_TOKEN, or DIGITALOCEAN_TOKEN_FILE.',
    );
  };
};

const modified = (path: string): number => {
  try {
    return statSync(path).mtimeMs;
  } catch (cause) {
    throw new ConfigError(`The token file ${path} cannot be read.`, { cause });
  }
};
