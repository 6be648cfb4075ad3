import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { dayText, instantText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { granularity } from './facts.ts';

export const meteringConfig = z.object({
  kind: usageKind,
  revision: z.int().min(1),
  unit: z.string(),
  granularity,
  retention_days: z.int(),
  is_enabled: z.boolean(),
  /** The first UTC day it counts for. */
  effective_from: dayText,
  changed_by: z.string(),
  changed_at: instantText.nullable(),
});

export const getMeteringConfig = defineRequest({
  name: 'metering-config.get',
  service: 'metering',
  summary: 'How each kind is metered: what holds now, what is to come, and what was.',
  effect: 'read',
  roles: ['platform_admin'],
  input: z.object({ kind: usageKind.optional() }),
  output: z.object({
    items: z.array(meteringConfig),
    upcoming: z.array(meteringConfig),
    /** Newest first. */
    history: z.array(meteringConfig),
  }),
  refusals: [],
});

export const putMeteringConfig = defineRequest({
  name: 'metering-config.put',
  service: 'metering',
  summary: 'Change how a kind is metered, from the next 00:00Z on; an unknown kind becomes one that can be reported.',
  effect: 'command',
  roles: ['platform_admin'],
  input: z.object({
    kind: usageKind,
    granularity: granularity.optional(),
    retention_days: z.int().min(31).max(3650).optional(),
    is_enabled: z.boolean().optional(),
    /** Only for a kind that is new. */
    unit: z.string().min(1).max(32).optional(),
  }),
  output: meteringConfig,
  refusals: ['unit-is-fixed'],
});
