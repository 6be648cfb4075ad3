import { z } from 'zod';
import { operators } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';

export const ignoreRule = z.object({
  rule_id: uuid,
  provider: z.string(),
  resource_kind: z.string(),
  /** Null: of every resource of the kind. */
  resource_id: uuid.nullable(),
  field: z.string(),
  reason: z.string(),
  ignored_by: z.string(),
  ignored_at: instantText,
});

export const ignoreDrift = defineRequest({
  name: 'drift.ignore',
  service: 'drift',
  summary:
    'Compare this field no more: of this resource, or of every resource of its kind. Its open rows close as stale.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({
    drift_id: uuid,
    scope: z.enum(['resource', 'kind']).default('resource'),
    reason: z.string().min(1).max(500),
  }),
  output: ignoreRule,
  refusals: ['not-found', 'conflict'],
});

export const listIgnored = defineRequest({
  name: 'drift.ignored',
  service: 'drift',
  summary: 'What is not compared, with who said so and why.',
  effect: 'read',
  roles: operators,
  input: pageInput,
  output: pageOf(ignoreRule),
  refusals: ['invalid-cursor'],
});

export const stopIgnoring = defineRequest({
  name: 'drift.unignore',
  service: 'drift',
  summary: 'Compare it again.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({ rule_id: uuid }),
  output: ignoreRule,
  refusals: ['not-found'],
});
