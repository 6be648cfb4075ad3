import { z } from 'zod';
import { observedUsages } from './resource-kinds/derived.ts';
import type { ResourceKind } from './resource-kinds/kinds.ts';

/** A billing kind: what is counted and priced. Open, because an operator may report kinds of its own. */
export const usageKind = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,62}$/, 'a billing kind such as droplet_hours')
  .meta({ description: 'The billing kind: the unit of usage that is counted and priced.', example: 'droplet_hours' });

/** A billing kind that the system knows. */
export type UsageKind = {
  /** `observed` kinds come from the states of one resource kind, `reported` ones are pushed in. */
  source: 'observed' | 'reported';
  /** Resource kind that an observed kind comes from; null: reported. */
  resource: ResourceKind | null;
  unit: string;
  /** Divisor of unit-seconds: the seconds of an hour, the seconds of the month, or 1 (null). */
  per: 'hour' | 'month' | null;
  /** The dimension that its price may depend on, in words; null: none. */
  dimension: string | null;
};

const reported = (unit: string): UsageKind => ({
  source: 'reported',
  resource: null,
  unit,
  per: null,
  dimension: null,
});

/** The billing kinds that the system knows, by name: those of each metered resource kind, and those that are only reported. */
export const usageKinds: Readonly<Record<string, UsageKind>> = {
  ...Object.fromEntries(
    observedUsages.map(({ kind, resource, unit, per, dimension = null }): [string, UsageKind] => [
      kind,
      { source: 'observed', resource, unit, per, dimension },
    ]),
  ),
  bandwidth_gb: reported('GB'),
  llm_input_tokens: reported('token'),
  llm_output_tokens: reported('token'),
};
