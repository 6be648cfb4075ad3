import { currencyCode } from '@arcadia/contracts';
import { type AccessConfig, parseAccess } from '@arcadia/digitalocean';
import { type FinanceAccess, financeAccess } from '@arcadia/finance';
import { ConfigError, type Env } from '@arcadia/platform';

export type Config = {
  provider: {
    name: 'digitalocean';
    /** The currency of the provider's invoices. */
    currency: 'USD';
    access: AccessConfig;
  };
  /** Null: costs are not pushed. */
  finance: FinanceAccess | null;
  /** The currency in which tenants are invoiced and to which provider costs are converted. */
  billingCurrency: string;
  /** Reconciliation lists a resource only if its invoiced and metered hours differ by more than this. */
  toleratedHours: string;
};

export function parseConfig(env: Env): Config {
  return {
    provider: {
      name: 'digitalocean',
      currency: 'USD',
      // Costs are only read.
      access: { ...parseAccess(env, 'billing'), canWrite: false },
    },
    finance: financeAccess(env),
    billingCurrency: billingCurrency(env),
    toleratedHours: toleratedHours(env),
  };
}

/** A blank variable is an absent one. */
function valueOf(env: Env, variable: string): string | undefined {
  return env[variable]?.trim() || undefined;
}

function billingCurrency(env: Env): string {
  const given = valueOf(env, 'BILLING_CURRENCY') ?? 'AUD';
  if (!currencyCode.safeParse(given).success)
    throw new ConfigError(`BILLING_CURRENCY must be a code such as AUD, not "${given}".`);
  return given;
}

function toleratedHours(env: Env): string {
  const given = valueOf(env, 'RECONCILIATION_TOLERATED_HOURS') ?? '1';
  if (!/^\d{1,4}(\.\d{1,4})?$/.test(given)) {
    throw new ConfigError(`RECONCILIATION_TOLERATED_HOURS must be a number of hours such as 1 or 0.5, not "${given}".`);
  }
  return given;
}
