import { z } from 'zod';

/** A billing kind: what is counted and priced. Open, because an operator may report kinds of its own. */
export const usageKind = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,62}$/, 'a billing kind such as droplet_hours')
  .meta({ description: 'The billing kind: the unit of usage that is counted and priced.', example: 'droplet_hours' });

/**
 * The kinds the system knows. `observed` kinds come from the states of one resource kind, `reported` ones are pushed in.
 * `per` is the divisor of unit-seconds: the seconds of an hour, the seconds of the month, or 1 (null).
 */
export const usageKinds = {
  droplet_hours: { source: 'observed', resource: 'droplet', unit: 'hour', per: 'hour' },
  spaces_gb_month: { source: 'observed', resource: 'spaces_bucket', unit: 'GB-month', per: 'month' },
  snapshot_gb_month: { source: 'observed', resource: 'snapshot', unit: 'GB-month', per: 'month' },
  backup_gb_month: { source: 'observed', resource: 'droplet_backup', unit: 'GB-month', per: 'month' },
  volume_gb_month: { source: 'observed', resource: 'volume', unit: 'GB-month', per: 'month' },
  dns_zones: { source: 'observed', resource: 'dns_zone', unit: 'zone-month', per: 'month' },
  floating_ip_hours: { source: 'observed', resource: 'floating_ip', unit: 'hour', per: 'hour' },
  load_balancer_hours: { source: 'observed', resource: 'load_balancer', unit: 'hour', per: 'hour' },
  bandwidth_gb: { source: 'reported', resource: null, unit: 'GB', per: null },
  llm_input_tokens: { source: 'reported', resource: null, unit: 'token', per: null },
  llm_output_tokens: { source: 'reported', resource: null, unit: 'token', per: null },
} as const satisfies Record<
  string,
  { source: 'observed' | 'reported'; resource: string | null; unit: string; per: 'hour' | 'month' | null }
>;
