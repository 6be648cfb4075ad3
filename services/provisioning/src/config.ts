import { type AccessConfig, parseAccess } from '@arcadia/digitalocean';
import { ConfigError, type Env } from '@arcadia/platform';

export type Config = {
  provider: AccessConfig;
  /** How long a worker may be silent before another replica takes its saga over. */
  sagaLeaseMs: number;
  /** How long a deployment may be past_due before billing suspends it; null: never by itself. */
  suspendAfterDays: number | null;
};

export function parseConfig(env: Env): Config {
  return {
    provider: parseAccess(env, 'provisioning'),
    sagaLeaseMs: wholeNumber(env, 'SAGA_LEASE_MS') ?? 10_000,
    suspendAfterDays: wholeNumber(env, 'SUSPEND_AFTER_DAYS'),
  };
}

function wholeNumber(env: Env, name: string): number | null {
  const text = env[name];
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new ConfigError(`${name} must be a whole number above zero, not "${text}".`);
}
