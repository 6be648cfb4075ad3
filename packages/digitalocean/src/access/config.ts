import { type Env, parseConfig } from '@arcadia/platform';
import { z } from 'zod';
import { type TokenReader, tokenReader } from './token.ts';

/** Each purpose may have a token of its own, `DIGITALOCEAN_TOKEN_<PURPOSE>`, and with it a request budget of its own. */
export type Purpose = 'sync-fast' | 'sync-full' | 'billing' | 'provisioning';

/** How a service reaches the provider for one purpose. */
export type AccessConfig = {
  purpose: Purpose;
  baseUrl: string;
  /** Reads the token now, so that a replaced file takes effect. Null if no variable names a token. */
  token: TokenReader | null;
  /** Whether requests other than GET may be sent. */
  canWrite: boolean;
  /** Limit for one attempt, in milliseconds. */
  timeoutMs: number;
  /** Pause before the first repetition of a failed request, in milliseconds; it doubles with each repetition. */
  backoffMs: number;
};

const milliseconds = (least: number, usual: number) => {
  const form = `must be a whole number of milliseconds, at least ${least}`;
  return z.coerce
    .number(form)
    .int(form)
    .min(least, form)
    .max(2 ** 31 - 1, form)
    .default(usual);
};

const common = {
  DIGITALOCEAN_API_URL: z
    .string()
    .refine(
      (url) => /^https?:\/\/[^/]/.test(url) && URL.canParse(url),
      'must be a URL such as https://api.digitalocean.com',
    )
    .default('https://api.digitalocean.com')
    .meta({ description: "Address of the provider's API." }),
  ARCADIA_WRITE: z
    .enum(['0', '1'], 'must be 1 (writes allowed) or 0')
    .default('0')
    .meta({ description: '`1` allows changes to the account; otherwise it is only read.' }),
  DIGITALOCEAN_TIMEOUT_MS: milliseconds(100, 30_000).meta({
    description: 'Limit for one attempt of a request, in milliseconds.',
  }),
  DIGITALOCEAN_BACKOFF_MS: milliseconds(1, 500).meta({
    description:
      'Pause before the first repetition of a failed request, in milliseconds; it doubles with each repetition.',
  }),
};

const tokenUses: Record<Purpose, string> = {
  'sync-fast': 'the frequent syncs',
  'sync-full': 'the complete syncs',
  billing: 'reading invoices and the balance',
  provisioning: 'creating and changing resources',
};

/**
 * The variables of the provider's API for these purposes. Each token may also be given as a file, by the variable with `_FILE` at
 * its end, which is read again whenever it has changed.
 */
export function accessVariables(...purposes: readonly Purpose[]): typeof common {
  const tokens = [...new Set(purposes.flatMap(tokenVariables))].flatMap((name): [string, z.ZodType][] => [
    [
      name,
      z
        .string()
        .optional()
        .meta({ description: descriptionOf(name), isToken: true }),
    ],
    [
      `${name}_FILE`,
      z
        .string()
        .optional()
        .meta({ description: `File with ${name}; a replaced file takes effect at once.` }),
    ],
  ]);
  return { ...Object.fromEntries(tokens), ...common };
}

function descriptionOf(name: string): string {
  if (name === 'DIGITALOCEAN_TOKEN') return "Token of the provider's API, for every purpose without one of its own.";
  if (name === 'DO_API_TOKEN') return 'Another name of DIGITALOCEAN_TOKEN.';
  const purpose = (Object.keys(tokenUses) as Purpose[]).find((one) => tokenVariables(one)[0] === name);
  return `Token for ${purpose === undefined ? 'this purpose' : tokenUses[purpose]}, with a request budget of its own.`;
}

/**
 * How to reach the provider for one purpose; a blank variable counts as absent.
 * @throws ConfigError naming every variable that cannot be used
 */
export function parseAccess(env: Env, purpose: Purpose): AccessConfig {
  const given = parseConfig(z.object(accessVariables(purpose)), env);
  return {
    purpose,
    baseUrl: given.DIGITALOCEAN_API_URL,
    token: tokenReader(env, tokenVariables(purpose)),
    canWrite: given.ARCADIA_WRITE === '1',
    timeoutMs: given.DIGITALOCEAN_TIMEOUT_MS,
    backoffMs: given.DIGITALOCEAN_BACKOFF_MS,
  };
}

/** The variables that may hold the token of a purpose; the first that is set counts. Each may be given as `…_FILE` instead. */
export function tokenVariables(purpose: Purpose): string[] {
  return [`DIGITALOCEAN_TOKEN_${purpose.replace('-', '_').toUpperCase()}`, 'DIGITALOCEAN_TOKEN', 'DO_API_TOKEN'];
}
