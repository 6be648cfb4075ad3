import { z } from 'zod';
import { decimalText } from './decimal.ts';
import { defineEvent, defineRequest } from './define.ts';
import { tenantId, uuid } from './ids.ts';
import { json } from './json.ts';
import { pageInput, pageOf } from './page.ts';
import { instantText } from './time.ts';

/** `field`: a value differs. `missing`: provisioned, but gone. `unmanaged`: running, billed, owned by nobody. */
export const driftKind = z.enum(['field', 'missing', 'unmanaged']);
export const driftStatus = z.enum(['open', 'accepted', 'reverted', 'stale']);

const driftRow = z.object({
  drift_id: uuid,
  resource_id: uuid,
  deployment_id: uuid.nullable(),
  tenant_id: tenantId.nullable(),
  kind: driftKind,
  field: z.string(),
  expected: json,
  actual: json,
  /** The version of the spec it was compared with; null where there is none. */
  spec_version: z.int().nullable(),
  revision: z.int().min(1),
});

export const driftDetected = defineEvent({
  type: 'drift.detected',
  version: 1,
  stream: 'DRIFT',
  owner: 'drift',
  summary: 'A field of a running resource differs from what was asked for.',
  data: driftRow.extend({ detected_at: instantText }),
  subject: (d) => `drift.detected.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.revision}`,
});

const driftRequest = driftRow.extend({
  request: z.int().min(1),
  requested_by: z.string(),
  requested_at: instantText,
});

export const driftAccepted = defineEvent({
  type: 'drift.accepted',
  version: 1,
  stream: 'DRIFT',
  owner: 'drift',
  summary:
    'An operator wants the live value to become the desired one. Provisioning writes the spec, if its version still stands.',
  data: driftRequest,
  subject: (d) => `drift.accepted.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.request}`,
});

export const driftRevertRequested = defineEvent({
  type: 'drift.revert-requested',
  version: 1,
  stream: 'DRIFT',
  owner: 'drift',
  summary: 'An operator wants the desired value put back. Provisioning runs the saga that restores it.',
  data: driftRequest,
  subject: (d) => `drift.revert-requested.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.request}`,
});

export const driftClosed = defineEvent({
  type: 'drift.closed',
  version: 1,
  stream: 'DRIFT',
  owner: 'drift',
  summary: 'A drift is over: accepted, reverted, or fixed elsewhere (stale).',
  data: driftRow.extend({
    status: z.enum(['accepted', 'reverted', 'stale']),
    closed_at: instantText,
  }),
  subject: (d) => `drift.closed.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.revision}`,
});

/** The fields of drift that is not of one field: whether it is there at all, and whose it is. */
export const presenceField = '@presence';
export const ownerField = '@owner';

export const driftView = driftRow.extend({
  status: driftStatus,
  provider: z.string(),
  resource_kind: z.string(),
  provider_id: z.string(),
  resource_name: z.string().nullable(),
  /** What an operator has asked for and provisioning has not answered yet. */
  requested: z
    .object({
      action: z.enum(['accept', 'revert']),
      by: z.string(),
      at: instantText,
      saga_id: uuid.nullable(),
    })
    .nullable(),
  /** Why the last request came to nothing. */
  refusal: z.string().nullable(),
  /** What the difference costs a month more (or, negative, less) at the provider's list price; null where none is known. */
  monthly_cost: z.object({ amount: decimalText, currency: z.string() }).nullable(),
  detected_at: instantText,
  closed_at: instantText.nullable(),
  closed_by: z.string().nullable(),
});

const operators = ['platform_admin'] as const;

export const listDrift = defineRequest({
  name: 'drift.list',
  service: 'drift',
  summary:
    'Drift, newest first: what is open unless another status is asked for; `all` with a resource is its history.',
  effect: 'read',
  roles: [...operators],
  input: pageInput.extend({
    status: z.enum([...driftStatus.options, 'all']).default('open'),
    kind: driftKind.optional(),
    deployment: uuid.optional(),
    resource: uuid.optional(),
  }),
  output: pageOf(driftView),
  refusals: ['invalid-cursor'],
});

export const getDrift = defineRequest({
  name: 'drift.get',
  service: 'drift',
  summary: 'One drifted field.',
  effect: 'read',
  roles: [...operators],
  input: z.strictObject({ drift_id: uuid }),
  output: driftView,
  refusals: ['not-found'],
});

export const acceptDrift = defineRequest({
  name: 'drift.accept',
  service: 'drift',
  summary: 'Let the live value become the desired one. Provisioning decides; its answer closes the row.',
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({ drift_id: uuid }),
  output: driftView,
  refusals: ['not-found', 'conflict'],
});

export const revertDrift = defineRequest({
  name: 'drift.revert',
  service: 'drift',
  summary: 'Put the desired value back by a saga. Its end closes the row, or reopens it.',
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({ drift_id: uuid }),
  output: driftView,
  refusals: ['not-found', 'conflict', 'not-revertible'],
});

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
  roles: [...operators],
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
  roles: [...operators],
  input: pageInput,
  output: pageOf(ignoreRule),
  refusals: ['invalid-cursor'],
});

export const stopIgnoring = defineRequest({
  name: 'drift.unignore',
  service: 'drift',
  summary: 'Compare it again.',
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({ rule_id: uuid }),
  output: ignoreRule,
  refusals: ['not-found'],
});
