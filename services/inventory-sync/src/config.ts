import { type AccessConfig, type Purpose, parseAccess } from '@arcadia/digitalocean';
import { ConfigError, type Env, parseConfig as parseVariables } from '@arcadia/platform';
import { z } from 'zod';

/** The tokens of the frequent and of the complete syncs may differ, so that neither uses up the other's request budget. */
export type SyncPurpose = Extract<Purpose, 'sync-fast' | 'sync-full'>;

export type SpacesConfig = { key: string; secret: string; endpoint: string; regions: string[] };

export type Config = {
  provider: Readonly<Record<SyncPurpose, AccessConfig>>;
  /** Name of the operator's own project. */
  internalProject: string;
  /** Null: buckets are listed by name only, without their size. */
  spaces: SpacesConfig | null;
};

const blankIsAbsent = (value: unknown) => (value === '' ? undefined : value);

const variables = z.object({
  INTERNAL_PROJECT: z.preprocess(blankIsAbsent, z.string().max(175).default('arcadia-internal')),
  SPACES_KEY: z.preprocess(blankIsAbsent, z.string().optional()),
  SPACES_SECRET: z.preprocess(blankIsAbsent, z.string().optional()),
  SPACES_ENDPOINT: z.preprocess(blankIsAbsent, z.string().default('https://{region}.digitaloceanspaces.com')),
  SPACES_REGIONS: z.preprocess(
    blankIsAbsent,
    z.string().default('nyc3,ams3,sfo2,sfo3,sgp1,fra1,syd1,blr1,lon1,tor1,atl1'),
  ),
});

/** @throws ConfigError if a variable cannot be used, or if no provider token is configured or readable */
export function parseConfig(env: Env): Config {
  const parsed = parseVariables(variables, env);
  return {
    provider: { 'sync-fast': syncAccess(env, 'sync-fast'), 'sync-full': syncAccess(env, 'sync-full') },
    internalProject: parsed.INTERNAL_PROJECT,
    spaces: spacesOf(parsed),
  };
}

function syncAccess(env: Env, purpose: SyncPurpose): AccessConfig {
  const access = parseAccess(env, purpose);
  if (access.token === null) {
    throw new ConfigError(
      'inventory-sync needs a token for the provider: set DIGITALOCEAN_TOKEN, or DIGITALOCEAN_TOKEN_FILE.',
    );
  }
  access.token();
  return access;
}

function spacesOf(parsed: z.output<typeof variables>): SpacesConfig | null {
  const { SPACES_KEY: key, SPACES_SECRET: secret, SPACES_ENDPOINT: endpoint, SPACES_REGIONS } = parsed;
  if (key === undefined && secret === undefined) return null;
  if (key === undefined || secret === undefined)
    throw new ConfigError('SPACES_KEY and SPACES_SECRET belong together: set both, or neither.');
  if (!URL.canParse(endpoint.replace('{region}', 'syd1')))
    throw new ConfigError(
      `SPACES_ENDPOINT must be a URL such as https://{region}.digitaloceanspaces.com, not "${endpoint}".`,
    );
  const regions = SPACES_REGIONS.split(',')
    .map((region) => region.trim())
    .filter((region) => region !== '');
  return { key, secret, endpoint, regions };
}
