import { z } from 'zod';
import { actor } from '../actor.ts';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { instantText } from '../time.ts';
import { deployment, deploymentState } from './deployments.ts';
import { sagaStatus, sagaStepStatus } from './sagas.ts';

export const deploymentChanged = defineEvent({
  type: 'deployment.changed',
  version: 1,
  stream: 'PROVISIONING',
  summary: 'A deployment as it is after a change, from `effective_at` on.',
  data: deployment.extend({
    revision: z.int().min(1),
    effective_at: instantText,
    change: z.enum(['created', 'updated', 'transitioned']),
    previous_state: deploymentState.nullable(),
    actor: actor.pick({ subject: true }),
    reason: z.string().nullable(),
  }),
  subject: (d) => `deployment.changed.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.deployment_id}:${d.revision}`,
});

export const resourceProvisioned = defineEvent({
  type: 'resource.provisioned',
  version: 1,
  stream: 'PROVISIONING',
  summary: 'What a resource ought to be: the desired state that drift compares with. `spec` null: no longer wanted.',
  data: z.object({
    resource_id: uuid,
    provider: z.string(),
    kind: z.string(),
    provider_id: z.string(),
    deployment_id: uuid.nullable(),
    tenant_id: tenantId.nullable(),
    spec: z.record(z.string(), json).nullable(),
    spec_version: z.int().min(1),
    /** The saga that brought it about; how the resource is, only an observation made after `effective_at` tells. */
    saga_id: uuid.nullable(),
    /** The answer to a request of drift's, when this is one. */
    in_reply_to: z
      .object({
        drift_id: uuid,
        request: z.int().min(1),
        outcome: z.enum(['accepted', 'reverted', 'refused']),
        detail: z.string().nullable(),
      })
      .nullable(),
    effective_at: instantText,
    revision: z.int().min(1),
  }),
  subject: (d) => `resource.provisioned.${d.resource_id}`,
  key: (d) => `${d.resource_id}:${d.revision}`,
});

export const sagaChanged = defineEvent({
  type: 'saga.changed',
  version: 1,
  stream: 'PROVISIONING',
  summary: 'A saga as it stands after a step.',
  data: z.object({
    saga_id: uuid,
    kind: z.string(),
    status: sagaStatus,
    revision: z.int().min(1),
    deployment_id: uuid.nullable(),
    tenant_id: tenantId.nullable(),
    /** The drift whose reversal this saga is, when it is one. */
    drift_id: uuid.nullable(),
    current_index: z.int().min(0),
    steps: z.array(z.object({ name: z.string(), status: sagaStepStatus })),
    error: z.record(z.string(), json).nullable(),
    changed_at: instantText,
  }),
  subject: (d) => `saga.changed.${token(d.kind)}.${d.saga_id}`,
  key: (d) => `${d.saga_id}:${d.revision}`,
});

/** Every event of provisioning, in the order of its stream's subjects. */
export const events = [deploymentChanged, resourceProvisioned, sagaChanged] as const;
