import { z } from 'zod';
import { operators, staff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { dayText, instantText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { granularity } from './facts.ts';

/** The metering configuration of one kind, in one revision. */
export const meteringConfig = z.object({
  kind: usageKind,
  revision: z.int().min(1).meta({ description: "Revision of the kind's configuration, counted from 1.", example: 1 }),
  unit: z.string().meta({ description: 'Unit of its quantities.', example: 'hour' }),
  dimension: z.string().nullable().meta({
    description: 'The dimension that its facts contain, in words; null: none.',
    example: 'size',
  }),
  granularity: granularity.describe('Span of its facts: a day or an hour.'),
  retention_days: z
    .int()
    .meta({ description: 'Days for which its facts are kept after the end of their period.', example: 400 }),
  is_enabled: z.boolean().describe('False: this kind is not metered.'),
  effective_from: dayText.describe('First UTC day for which it holds.'),
  changed_by: z
    .string()
    .meta({ description: 'Subject of the person or service that changed it.', example: 'user:ada' }),
  changed_at: instantText.nullable().describe('Instant of the change; null: never changed since the first start.'),
});

export const getMeteringConfig = defineRequest({
  name: 'metering-config.get',
  service: 'metering',
  summary: 'Get the metering configuration of each kind: in force, upcoming and former.',
  effect: 'read',
  roles: staff,
  input: z.object({ kind: usageKind.optional().describe('Only this billing kind.') }),
  output: z.object({
    items: z.array(meteringConfig).describe('The configuration in force, one entry for each kind.'),
    upcoming: z.array(meteringConfig).describe('Changes that take effect later.'),
    history: z.array(meteringConfig).describe('Former configurations, newest first.'),
  }),
  refusals: [],
  isVersioned: true,
});

export const putMeteringConfig = defineRequest({
  name: 'metering-config.put',
  service: 'metering',
  summary: 'Set the metering configuration of a kind from the next 00:00Z on. A new kind can be reported from then on.',
  effect: 'command',
  roles: operators,
  input: z.object({
    kind: usageKind,
    granularity: granularity.optional().describe('Span of its facts; unchanged when absent.'),
    retention_days: z.int().min(31).max(3650).optional().meta({
      description: 'Days for which its facts are kept after the end of their period; unchanged when absent.',
      example: 400,
    }),
    is_enabled: z.boolean().optional().describe('False: stop metering this kind; unchanged when absent.'),
    unit: z
      .string()
      .min(1)
      .max(32)
      .optional()
      .meta({ description: 'Unit of its quantities; only for a new kind, required there.', example: 'token' }),
  }),
  output: meteringConfig,
  refusals: ['unit-is-fixed', 'unknown-kind'],
  edits: edited(getMeteringConfig, ['kind']),
});
