import { currencyCode } from '@arcadia/contracts';
import { type AccessConfig, parseAccess } from '@arcadia/digitalocean';
import { ConfigError, type Env } from '@arcadia/platform';

export type FinanceConfig = { url: string; secret: string };

export type Config = {
  provider: {
    name: 'digitalocean';
    /** What the provider bills in. */
    currency: 'USD';
    access: AccessConfig;
  };
  /** Null: costs are not pushed. */
  finance: FinanceConfig | null;
  /** What tenants are billed in, and provider costs are converted to. */
  billingCurrency: string;
  /** Billed and metered hours of one resource may differ by this many before it is listed. */
  toleratedHours: string;
};

const defaultFinancePort = '4010';

export const parseConfig = (env: Env): Config => ({
  provider: {
    name: 'digitalocean',
    currency: 'USD',
    // Costs are only read.
    access: { ...parseAccess(env, 'billing'), canWrite: false },
  },
  finance: financeConfig(env),
  billingCurrency: billingCurrency(env),
  toleratedHours: toleratedHours(env),
});

const financeConfig = (env: Env): FinanceConfig | null => {
  const url = env['FINANCE_URL'];
  if (!url) return null;
  const secret = env['FINANCE_SECRET'];
  if (!secret)
    throw new ConfigError(
      'FINANCE_URL is set but FINANCE_SECRET is not: give the secret that the finance system shares with us.',
    );
  if (!/^https?:\/\/[^/]+/.test(url) || !URL.canParse(url)) {
    throw new ConfigError(`FINANCE_URL must look like http://finance.internal:${defaultFinancePort}, not "${url}".`);
  }
  return { url: withPort(url).replace(/\/+$/, ''), secret };
};

/** A plain http address without a port means the finance system's usual one. */
const withPort = (url: string): string => {
  const { protocol, host } = new URL(url);
  const namesPort = /^https?:\/\/(?:[^/@]*@)?(?:\[[^\]]*\]|[^/:]+):\d+/.test(url);
  return protocol === 'http:' && !namesPort ? url.replace(host, `${host}:${defaultFinancePort}`) : url;
};

const billingCurrency = (env: Env): string => {
  const given = env['BILLING_CURRENCY'] || 'AUD';
  if (!currencyCode.safeParse(given).success)
    throw new ConfigError(`BILLING_CURRENCY must be a code such as AUD, not "${given}".`);
  return given;
};

const toleratedHours = (env: Env): string => {
  const given = env['RECONCILIATION_TOLERATED_HOURS'] || '1';
  if (!/^\d{1,4}(\.\d{1,4})?$/.test(given)) {
    throw new ConfigError(`RECONCILIATION_TOLERATED_HOURS must be a number of hours such as 1 or 0.5, not "${given}".`);
  }
  return given;
};
