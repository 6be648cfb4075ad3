import { z } from 'zod';
import { actor } from '../actor.ts';
import { defineEvent } from '../define.ts';
import { providerField, providerIdField, resourceKindField } from '../fields.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { instantText } from '../time.ts';
import { deployment, deploymentState } from './deployments.ts';
import { sagaStatus, sagaStep } from './sagas.ts';

export const deploymentChanged = defineEvent({
  type: 'deployment.changed',
  version: 1,
  stream: 'PROVISIONING',
  summary: 'The whole state of a deployment after a change, from `effective_at` on.',
  data: deployment.extend({
    revision: z.int().min(1).meta({ description: 'Revision that this change made, counted from 1.', example: 3 }),
    effective_at: instantText.describe('Instant from which this state holds.'),
    change: z.enum(['created', 'updated', 'transitioned']).describe('Sort of the change.'),
    previous_state: deploymentState.nullable().describe('State before the change; null for the creation.'),
    actor: actor.pick({ subject: true }).describe('The person or service that made the change.'),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Reason given with the change; null: none.', example: 'customer request' }),
  }),
  subject: (d) => `deployment.changed.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.deployment_id}:${d.revision}`,
});

export const resourceProvisioned = defineEvent({
  type: 'resource.provisioned',
  version: 1,
  stream: 'PROVISIONING',
  summary:
    'The desired state of a resource, with which drift compares it. `spec` null: the resource has no desired state any more.',
  data: z.object({
    resource_id: uuid.describe('Id of the resource, the same in every service.'),
    provider: providerField,
    kind: resourceKindField,
    provider_id: providerIdField,
    deployment_id: uuid.nullable().describe('Deployment that the resource is for; null: none.'),
    tenant_id: tenantId.nullable().describe('Tenant that owns that deployment; null: none.'),
    spec: z
      .record(z.string(), json)
      .nullable()
      .meta({
        description: 'Expected fields and their values; null: no desired state any more.',
        example: { size_slug: 's-2vcpu-4gb' },
      }),
    spec_version: z.int().min(1).meta({ description: 'Version of the desired state, counted from 1.', example: 2 }),
    saga_id: uuid
      .nullable()
      .describe(
        'The saga that made the change; null: none. The actual state follows from observations after `effective_at` only.',
      ),
    in_reply_to: z
      .object({
        drift_id: uuid.describe('Id of the drift.'),
        request: z
          .int()
          .min(1)
          .meta({ description: 'Number of the request about this drift, counted from 1.', example: 1 }),
        outcome: z.enum(['accepted', 'reverted', 'refused']).describe('Outcome of the request.'),
        detail: z.string().nullable().meta({
          description: 'Reason of a refusal, one sentence; null otherwise.',
          example: 'The size is not available in syd1.',
        }),
      })
      .nullable()
      .describe('The drift request that this answers; null: it answers none.'),
    effective_at: instantText.describe('Instant from which this desired state holds.'),
    revision: z
      .int()
      .min(1)
      .meta({ description: "Revision of this resource's desired state, counted from 1.", example: 2 }),
  }),
  subject: (d) => `resource.provisioned.${d.resource_id}`,
  key: (d) => `${d.resource_id}:${d.revision}`,
});

export const sagaChanged = defineEvent({
  type: 'saga.changed',
  version: 1,
  stream: 'PROVISIONING',
  summary: 'The state of a saga after one of its steps.',
  data: z.object({
    saga_id: uuid.describe('Id of the saga.'),
    kind: z.string().meta({ description: 'Kind of saga.', example: 'provision_droplet' }),
    status: sagaStatus.describe('Status of the saga.'),
    revision: z.int().min(1).meta({ description: 'Revision of the saga, counted from 1.', example: 4 }),
    deployment_id: uuid.nullable().describe('Deployment that the saga works on; null: none.'),
    tenant_id: tenantId.nullable().describe('Tenant that owns that deployment; null: none.'),
    drift_id: uuid.nullable().describe('The drift that this saga reverts; null: it reverts none.'),
    current_index: z.int().min(0).meta({ description: 'Index of the current step, from 0.', example: 1 }),
    steps: z.array(sagaStep).describe('The steps in order.'),
    error: z
      .record(z.string(), json)
      .nullable()
      .meta({ description: 'Error that stopped it; null: none.', example: { message: 'droplet limit reached' } }),
    changed_at: instantText.describe('Instant of this change.'),
  }),
  subject: (d) => `saga.changed.${token(d.kind)}.${d.saga_id}`,
  key: (d) => `${d.saga_id}:${d.revision}`,
  parts: [{ array: 'steps' }],
});

/** Every event of provisioning, in the order of its stream's subjects. */
export const events = [deploymentChanged, resourceProvisioned, sagaChanged] as const;
