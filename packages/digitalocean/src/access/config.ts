import { ConfigError, type Env } from '@arcadia/platform';
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

/**
 * Reads the variables of the provider's API; a blank variable counts as absent.
 *
 * | variable | default |
 * |---|---|
 * | `DIGITALOCEAN_TOKEN_<PURPOSE>`, `DIGITALOCEAN_TOKEN`, `DO_API_TOKEN`, each also as `…_FILE` | no token |
 * | `DIGITALOCEAN_API_URL` | `https://api.digitalocean.com` |
 * | `ARCADIA_WRITE`: `1` allows writes | `0` |
 * | `DIGITALOCEAN_TIMEOUT_MS`, at least 100 | 30000 |
 * | `DIGITALOCEAN_BACKOFF_MS`, at least 1 | 500 |
 *
 * @throws ConfigError naming the first variable that cannot be used
 */
export function parseAccess(env: Env, purpose: Purpose): AccessConfig {
  return {
    purpose,
    baseUrl: apiUrl(env),
    token: tokenReader(env, tokenVariables(purpose)),
    canWrite: writeSwitch(env),
    timeoutMs: milliseconds(env, { name: 'DIGITALOCEAN_TIMEOUT_MS', least: 100, otherwise: 30_000 }),
    backoffMs: milliseconds(env, { name: 'DIGITALOCEAN_BACKOFF_MS', least: 1, otherwise: 500 }),
  };
}

/** The variables that may hold the token of a purpose; the first that is set counts. Each may be given as `…_FILE` instead. */
export function tokenVariables(purpose: Purpose): string[] {
  return [`DIGITALOCEAN_TOKEN_${purpose.replace('-', '_').toUpperCase()}`, 'DIGITALOCEAN_TOKEN', 'DO_API_TOKEN'];
}

function apiUrl(env: Env): string {
  const url = env['DIGITALOCEAN_API_URL'] || 'https://api.digitalocean.com';
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return url;
  throw new ConfigError(`DIGITALOCEAN_API_URL must be a URL such as https://api.digitalocean.com, not "${url}".`);
}

function writeSwitch(env: Env): boolean {
  const value = env['ARCADIA_WRITE'] || '0';
  if (value === '0' || value === '1') return value === '1';
  throw new ConfigError(`ARCADIA_WRITE must be 1 (writes allowed) or 0, not "${value}".`);
}

function milliseconds(env: Env, variable: { name: string; least: number; otherwise: number }): number {
  const { name, least, otherwise } = variable;
  const text = env[name];
  if (!text) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value < 2 ** 31) return value;
  throw new ConfigError(`${name} must be a whole number of milliseconds, at least ${least}, not "${text}".`);
}
