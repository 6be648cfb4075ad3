import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';

/** `field`: a value differs. `missing`: provisioned, but gone. `unmanaged`: running, billed, owned by nobody. */
export const driftKind = z.enum(['field', 'missing', 'unmanaged']);

export const driftStatus = z.enum(['open', 'accepted', 'reverted', 'stale']);

export const driftRow = z.object({
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

export const listDrift = defineRequest({
  name: 'drift.list',
  service: 'drift',
  summary:
    'Drift, newest first: what is open unless another status is asked for; `all` with a resource is its history.',
  effect: 'read',
  roles: operators,
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
  roles: operators,
  input: z.strictObject({ drift_id: uuid }),
  output: driftView,
  refusals: ['not-found'],
});

export const acceptDrift = defineRequest({
  name: 'drift.accept',
  service: 'drift',
  summary: 'Let the live value become the desired one. Provisioning decides; its answer closes the row.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({ drift_id: uuid }),
  output: driftView,
  refusals: ['not-found', 'conflict'],
});

export const revertDrift = defineRequest({
  name: 'drift.revert',
  service: 'drift',
  summary: 'Put the desired value back by a saga. Its end closes the row, or reopens it.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({ drift_id: uuid }),
  output: driftView,
  refusals: ['not-found', 'conflict', 'not-revertible'],
});
