import { currencyCode } from '@arcadia/contracts';
import { type AccessConfig, accessVariables, parseAccess } from '@arcadia/digitalocean';
import { type FinanceAccess, financeAccess, financeVariables } from '@arcadia/finance';
import { defineConfig } from '@arcadia/platform';
import { z } from 'zod';

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

const variables = {
  ...accessVariables('billing'),
  ...financeVariables,
  BILLING_CURRENCY: z
    .string()
    .refine((code) => currencyCode.safeParse(code).success, 'must be a code such as AUD')
    .default('AUD')
    .meta({ description: 'Currency in which tenants are invoiced, and to which costs are converted.' }),
  RECONCILIATION_TOLERATED_HOURS: z
    .string()
    .regex(/^\d{1,4}(\.\d{1,4})?$/, 'must be a number of hours such as 1 or 0.5')
    .default('1')
    .meta({ description: 'Reconciliation lists a resource only if its invoiced and metered hours differ by more.' }),
};

export const parseConfig = defineConfig(
  variables,
  (given, env): Config => ({
    provider: {
      name: 'digitalocean',
      currency: 'USD',
      // Costs are only read.
      access: { ...parseAccess(env, 'billing'), canWrite: false },
    },
    finance: financeAccess(given),
    billingCurrency: given.BILLING_CURRENCY,
    toleratedHours: given.RECONCILIATION_TOLERATED_HOURS,
  }),
);
