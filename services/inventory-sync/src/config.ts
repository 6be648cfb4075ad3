import { type AccessConfig, accessVariables, type Purpose, parseAccess } from '@arcadia/digitalocean';
import { ConfigError, defineConfig, type Env, secret } from '@arcadia/platform';
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

const variables = {
  ...accessVariables('sync-fast', 'sync-full'),
  INTERNAL_PROJECT: z
    .string()
    .max(175, 'at most 175 characters')
    .default('arcadia-internal')
    .meta({ description: "Name of the operator's own project, which is created if the account has none." }),
  SPACES_KEY: z
    .string()
    .optional()
    .meta({
      description: 'Access key of Spaces. Without it, buckets are listed by name only, without their size.',
      ...secret,
    }),
  SPACES_SECRET: z
    .string()
    .optional()
    .meta({ description: 'Secret of the access key of Spaces.', ...secret }),
  SPACES_ENDPOINT: z
    .string()
    .refine(
      (url) => URL.canParse(url.replace('{region}', 'syd1')),
      'must be a URL such as https://{region}.digitaloceanspaces.com',
    )
    .default('https://{region}.digitaloceanspaces.com')
    .meta({ description: 'Address of Spaces; `{region}` stands for the region.' }),
  SPACES_REGIONS: z
    .string()
    .default('nyc3,ams3,sfo2,sfo3,sgp1,fra1,syd1,blr1,lon1,tor1,atl1')
    .meta({ description: 'Regions with buckets, separated by commas.' }),
};

/** @throws ConfigError if a variable cannot be used, or if the file of a token cannot be read */
export const parseConfig = defineConfig(
  variables,
  (given, env): Config => ({
    provider: { 'sync-fast': syncAccess(env, 'sync-fast'), 'sync-full': syncAccess(env, 'sync-full') },
    internalProject: given.INTERNAL_PROJECT,
    spaces: spacesOf(given),
  }),
);

function syncAccess(env: Env, purpose: SyncPurpose): AccessConfig {
  const access = parseAccess(env, purpose);
  access.token?.();
  return access;
}

function spacesOf(parsed: z.output<z.ZodObject<typeof variables>>): SpacesConfig | null {
  const { SPACES_KEY: key, SPACES_SECRET, SPACES_ENDPOINT: endpoint, SPACES_REGIONS } = parsed;
  if (key === undefined && SPACES_SECRET === undefined) return null;
  if (key === undefined || SPACES_SECRET === undefined)
    throw new ConfigError('SPACES_KEY and SPACES_SECRET belong together: set both, or neither.');
  const regions = SPACES_REGIONS.split(',')
    .map((region) => region.trim())
    .filter((region) => region !== '');
  return { key, secret: SPACES_SECRET, endpoint, regions };
}
