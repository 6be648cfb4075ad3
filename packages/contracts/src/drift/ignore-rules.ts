import { z } from 'zod';
import { fleetStaff, staff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { providerField } from '../fields.ts';
import { uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';
import { driftIds, getDrift, oneRefusal, reason } from './differences.ts';

/** A field that is not compared, of one resource or of every resource of a kind. */
export const ignoreRule = z.object({
  rule_id: uuid.describe('Id of the rule.'),
  provider: providerField,
  resource_kind: z.string().meta({ description: 'Kind of resource it is for.', example: 'droplet' }),
  resource_id: uuid.nullable().describe('The one resource it is for; null: every resource of the kind.'),
  field: z.string().meta({ description: 'Field that is not compared.', example: 'size_slug' }),
  reason: z.string().meta({ description: 'Reason that the author gave.', example: 'resized by the autoscaler' }),
  ignored_by: z.string().meta({ description: 'Subject of its author.', example: 'user:ada' }),
  ignored_at: instantText.describe('Instant of its creation.'),
  ended_at: instantText.nullable().describe('Instant at which it was ended; null while it is in force.'),
  ended_by: z
    .string()
    .nullable()
    .meta({ description: 'Subject of the person who ended it; null while it is in force.', example: 'user:ada' }),
});

export const ignoreDrift = defineRequest({
  name: 'drift.ignore',
  service: 'drift',
  summary: 'Ignore a field, of this resource or of every resource of its kind. Its open drift is closed as stale.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({
    drift_id: uuid.describe('Id of the drift to ignore.'),
    scope: z
      .enum(['resource', 'kind'])
      .default('resource')
      .describe('For this resource only, or for every resource of its kind.'),
    reason: z
      .string()
      .min(1)
      .max(500)
      .meta({ description: 'Reason, kept with the rule.', example: 'resized by the autoscaler' }),
  }),
  output: ignoreRule,
  refusals: ['not-found', 'conflict'],
  edits: edited(getDrift, ['drift_id']),
});

export const ignoreDrifts = defineRequest({
  name: 'drift.ignore-many',
  service: 'drift',
  summary: 'Ignore the fields of many drifts. Each is answered on its own, and a repetition changes nothing.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({
    drift_ids: driftIds,
    scope: z
      .enum(['resource', 'kind'])
      .default('resource')
      .describe('For the resource of each drift only, or for every resource of its kind.'),
    reason: reason.meta({ description: 'Reason, kept with the rules.', example: 'resized by the autoscaler' }),
  }),
  output: z.object({
    results: z
      .array(
        z.object({
          drift_id: uuid.describe('Id of the drift.'),
          outcome: z
            .enum(['ignored', 'already', 'refused'])
            .describe('`already`: a rule for this field existed; it stays as it was.'),
          rule_id: uuid.nullable().describe('Id of the rule that applies; null: refused.'),
          refusal: oneRefusal,
        }),
      )
      .describe('One result for each distinct id, in the order of the request.'),
  }),
  refusals: [],
});

export const listIgnored = defineRequest({
  name: 'drift.ignored',
  service: 'drift',
  summary: 'List ignore rules with author and reason.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    is_ended: z
      .enum(['true', 'false'])
      .default('false')
      .describe('The rules that have ended (`true`), or those in force (`false`).'),
  }),
  output: pageOf(ignoreRule),
  refusals: ['invalid-cursor'],
});

export const getIgnored = defineRequest({
  name: 'drift.ignored-one',
  service: 'drift',
  summary: 'Get an ignore rule.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({ rule_id: uuid.describe('Id of the rule.') }),
  output: ignoreRule,
  refusals: ['not-found'],
  isVersioned: true,
});

export const stopIgnoring = defineRequest({
  name: 'drift.unignore',
  service: 'drift',
  summary: 'End an ignore rule; it is kept with its end.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({ rule_id: uuid.describe('Id of the rule.') }),
  output: ignoreRule,
  refusals: ['not-found', 'conflict'],
  edits: edited(getIgnored, ['rule_id']),
});
