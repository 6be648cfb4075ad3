import { type AccessConfig, parseAccess } from '@arcadia/digitalocean';
import { ConfigError, type Env } from '@arcadia/platform';

export type Config = {
  provider: AccessConfig;
  /** Milliseconds without a renewal after which another replica takes over a worker's saga. */
  sagaLeaseMs: number;
  /** Days that a deployment may be past_due before billing suspends it; null: billing suspends nothing. */
  suspendAfterDays: number | null;
};

/** Parses the settings of the service. A blank variable counts as absent. */
export function parseConfig(env: Env): Config {
  return {
    provider: parseAccess(env, 'provisioning'),
    sagaLeaseMs: wholeNumber(env, 'SAGA_LEASE_MS') ?? 10_000,
    suspendAfterDays: wholeNumber(env, 'SUSPEND_AFTER_DAYS'),
  };
}

function wholeNumber(env: Env, name: string): number | null {
  const text = env[name]?.trim();
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new ConfigError(`${name} must be a whole number above zero, not "${text}".`);
}
