import { type AccessConfig, accessVariables, parseAccess } from '@arcadia/digitalocean';
import { defineConfig } from '@arcadia/platform';
import { z } from 'zod';

export type Config = {
  provider: AccessConfig;
  /** Milliseconds without a renewal after which another replica takes over a worker's saga. */
  sagaLeaseMs: number;
  /** Days that a deployment may be past_due before billing suspends it; null: billing suspends nothing. */
  suspendAfterDays: number | null;
  /** Codes of the templates that deployments may be made from; null: every code. */
  templates: readonly string[] | null;
};

const aboveZero = (form: string) => z.coerce.number(form).int(form).min(1, form);

const variables = {
  ...accessVariables('provisioning'),
  SAGA_LEASE_MS: aboveZero('must be a whole number of milliseconds above zero').default(10_000).meta({
    description: "Milliseconds without a renewal after which another replica takes over a worker's saga.",
  }),
  SUSPEND_AFTER_DAYS: aboveZero('must be a whole number of days above zero').optional().meta({
    description: 'Days that a deployment may be past due before it is suspended; absent: billing suspends nothing.',
    example: '14',
  }),
  DEPLOYMENT_TEMPLATES: z.string().optional().meta({
    description: 'Codes of the templates that deployments may be made from, separated by commas; absent: every code.',
    example: 'studio,shop',
  }),
};

export const parseConfig = defineConfig(
  variables,
  (given, env): Config => ({
    provider: parseAccess(env, 'provisioning'),
    sagaLeaseMs: given.SAGA_LEASE_MS,
    suspendAfterDays: given.SUSPEND_AFTER_DAYS ?? null,
    templates: given.DEPLOYMENT_TEMPLATES?.split(',').map((code) => code.trim()) ?? null,
  }),
);
