import { z } from 'zod';
import { fleetStaff, operators, staff } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { providerIdField, sizeSlugField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { pageInput, pageOf, sortField } from '../page.ts';
import { instantText } from '../time.ts';
import { deploymentState } from './deployments.ts';
import { reason } from './fields.ts';
import { leftBehindSummary } from './left-behind.ts';
import { quotedSagaKind, sagaInputs, sagaKind } from './saga-inputs.ts';

/** Status of a saga. `rolled_back`: every completed step was undone. `failed`: it was not; `error.destroyed` lists what is gone. */
export const sagaStatus = z.enum(['pending', 'running', 'completed', 'failed', 'compensating', 'rolled_back']);

/** Status of a step of a saga. */
export const sagaStepStatus = z.enum(['pending', 'running', 'completed', 'failed', 'compensated']);

/** A step of a saga and its status. */
export const sagaStep = z.object({
  name: z.string().meta({ description: 'Name of the step.', example: 'create-droplet' }),
  status: sagaStepStatus.describe('Status of the step.'),
});

/** The inputs of every kind of saga in one text for the API description; optional ones in brackets. */
const inputsByKind = Object.entries(sagaInputs)
  .map(([kind, { shape }]) => {
    const names = Object.entries(shape).map(([name, field]) =>
      field.safeParse(undefined).success ? `[${name}]` : name,
    );
    return `${kind}: ${names.join(', ')}.`;
  })
  .join(' ');

/** A saga without its inputs and ledger. */
export const sagaSummary = z.object({
  saga_id: uuid.describe('Id of the saga.'),
  kind: z.string().meta({ description: 'Kind of saga.', example: 'provision_droplet' }),
  status: sagaStatus.describe('Status of the saga.'),
  deployment_id: uuid.nullable().describe('Deployment that the saga works on; null: none.'),
  tenant_id: tenantId.nullable().describe('Tenant that owns that deployment; null: none.'),
  resource_id: uuid.nullable().describe('Resource that the saga works on; null: none or not known yet.'),
  drift_id: uuid.nullable().describe('The drift that this saga reverts; null: it reverts none.'),
  current_index: z.int().min(0).meta({ description: 'Index of the current step, from 0.', example: 1 }),
  steps: z.array(sagaStep).describe('The steps in order.'),
  error: z
    .record(z.string(), json)
    .nullable()
    .meta({
      description:
        'Error that stopped it; null: none. `reason` names the failed step or `cancelled`, `compensate_from_idx` the step at which compensation began, `destroyed` the resources that it has destroyed for good.',
      example: {
        reason: 'step_failed:delete:web-2',
        compensate_from_idx: null,
        destroyed: ['droplet web-1 (3164494)'],
      },
    }),
  waiting: z
    .object({
      reason: z.string().meta({
        description: 'Reason that its step runs again later.',
        example: 'Droplet already has a pending event.',
      }),
      next_attempt_at: instantText.describe('Instant at which the step runs again.'),
      until: instantText.describe('Deadline of the step: if it is not done by then, it fails.'),
    })
    .nullable()
    .describe('What it waits for, and until when; null: it does not wait.'),
  is_cancel_requested: z.boolean().describe('True once its cancellation has been requested.'),
  started_by: z
    .string()
    .meta({ description: 'Subject of the person or service that started it.', example: 'user:ada' }),
  created_at: instantText.describe('Instant of its start.'),
  changed_at: instantText.describe('Instant of its last change.'),
  finished_at: instantText.nullable().describe('Instant of its end; null while it runs.'),
});

/** One attempt of a step. */
export const sagaAttempt = z.object({
  attempt: z.int().min(1).meta({ description: 'Number of the attempt, counted from 1.', example: 1 }),
  direction: z.enum(['forward', 'backward']).describe('`forward` runs the step, `backward` compensates it.'),
  outcome: z
    .enum(['running', 'completed', 'failed', 'abandoned'])
    .describe('Outcome; `abandoned`: the process ended before it knew.'),
  error: z.string().nullable().meta({ description: 'Error; null: none.', example: 'the provider answered 503' }),
  replica: z.string().meta({ description: 'Process that made the attempt.', example: 'provisioning-1' }),
  started_at: instantText.describe('Instant of its start.'),
  finished_at: instantText.nullable().describe('Instant of its end; null while it runs.'),
});

/** A saga with its inputs and its ledger. */
export const sagaView = sagaSummary.extend({
  inputs: z.record(z.string(), json).meta({
    description: 'Inputs it was started with.',
    example: { deployment_id: '0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60' },
  }),
  context: z
    .record(z.string(), json)
    .meta({ description: 'Values that its steps have passed on to later ones.', example: { provider_id: '3164494' } }),
  ledger: z
    .array(
      z.object({
        index: z.int().min(0).meta({ description: 'Index of the step, from 0.', example: 0 }),
        name: z.string().meta({ description: 'Name of the step.', example: 'create-droplet' }),
        status: sagaStepStatus.describe('Status of the step.'),
        output: json.meta({ description: 'Output of the step; null: none.', example: { provider_id: '3164494' } }),
        error: z
          .string()
          .nullable()
          .meta({ description: 'Error of the last attempt; null: none.', example: 'the provider answered 503' }),
        compensation_error: z.string().nullable().meta({
          description: 'Reason that its compensation failed; null: it did not fail.',
          example: 'the droplet is locked',
        }),
        undone_by: z.string().nullable().meta({
          description:
            'Name of the step whose compensation undoes this one: its own, or that of an earlier step. Null: it changes nothing that would have to be undone, or it cannot be undone.',
          example: 'reserve-tag',
        }),
        started_at: instantText.nullable().describe('Instant of its first start; null: not started.'),
        finished_at: instantText.nullable().describe('Instant of its end; null: not ended.'),
        attempts: z.array(sagaAttempt).describe('Its attempts in order.'),
      }),
    )
    .describe('Its steps in order, each with its attempts.'),
  left_behind: leftBehindSummary
    .nullable()
    .describe(
      'What the deployment still has at the provider now, after an offboarding has ended; `GET /api/v1/deployments/{deployment_id}/left-behind` lists it. Null: another kind, or not ended.',
    ),
  orphans: z
    .array(
      z.object({
        kind: z.string().meta({ description: 'Kind of the resource.', example: 'droplet' }),
        provider_id: providerIdField,
        name: z.string().meta({ description: 'Name at the provider.', example: 'web-1' }),
        found_at: instantText.describe('Instant at which it was first found.'),
        removed_at: instantText.nullable().describe('Instant from which it is known to be removed; null: it is not.'),
        kept_because: z.string().nullable().meta({
          description: 'Reason that it is not removed; null: it is removed, as soon as the provider allows it.',
          example: 'An operator attributed it by hand.',
        }),
      }),
    )
    .describe(
      'Resources of the saga that appeared at the provider after its end, as when the reply to a creation was lost. They are searched for by its tag for a day, and removed unless somebody has changed or claimed them.',
    ),
});

export const listSagas = defineRequest({
  name: 'sagas.list',
  service: 'provisioning',
  summary: 'List sagas, newest first.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    status: sagaStatus.optional().describe('Only sagas of this status.'),
    kind: sagaKind.optional().describe('Only sagas of this kind.'),
    deployment_id: uuid.optional().describe('Only sagas that work on this deployment.'),
    sort: sortField(['created_at', 'kind', 'status']),
  }),
  output: pageOf(sagaSummary),
  refusals: ['invalid-cursor'],
});

export const getSaga = defineRequest({
  name: 'sagas.get',
  service: 'provisioning',
  summary: 'Get a saga with its ledger: every step and every attempt.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({ saga_id: uuid.describe('Id of the saga.') }),
  output: sagaView,
  refusals: ['not-found'],
});

export const startSaga = defineRequest({
  name: 'sagas.start',
  service: 'provisioning',
  summary:
    'Start a saga. One that interrupts or destroys needs `confirm`: the slug of the deployment, or the name of the droplet.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({
    kind: sagaKind.describe('Kind of saga to start.'),
    inputs: z.record(z.string(), json).default({}).describe(inputsByKind),
  }),
  output: sagaSummary,
  refusals: [
    'invalid-inputs',
    'unknown-region',
    'unknown-size',
    'unknown-image',
    'unknown-binding',
    'not-found',
    'confirmation-needed',
    'conflict',
    'transition-not-allowed',
    'hard-cap-exceeded',
  ],
});

export const cancelSaga = defineRequest({
  name: 'sagas.cancel',
  service: 'provisioning',
  summary: 'Cancel a saga: it stops before its next step and undoes the steps that it has done.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({
    saga_id: uuid.describe('Id of the saga.'),
    reason: reason.optional().meta({ description: 'Reason, kept with the saga.', example: 'started by mistake' }),
  }),
  output: sagaSummary,
  refusals: ['not-found', 'conflict'],
});

export const retrySaga = defineRequest({
  name: 'sagas.retry',
  service: 'provisioning',
  summary:
    'Retry a failed saga from its failed step, or from the compensation that failed. Refused when it could not be started now.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({ saga_id: uuid.describe('Id of the saga.') }),
  output: sagaSummary,
  refusals: [
    'not-found',
    'not-retryable',
    'conflict',
    'invalid-inputs',
    'confirmation-needed',
    'transition-not-allowed',
    'hard-cap-exceeded',
  ],
});

export const quoteSaga = defineRequest({
  name: 'sagas.quote',
  service: 'provisioning',
  summary:
    'Quote a provision or a resize: its price at the provider, and the reasons for which it would be refused. Changes nothing.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({
    kind: quotedSagaKind.describe('Kind of saga to quote.'),
    inputs: z.record(z.string(), json).describe(inputsByKind),
  }),
  output: z.object({
    size_slug: sizeSlugField,
    price_monthly: decimalText.meta({ description: 'List price per month, in `currency`.', example: '24' }),
    price_hourly: decimalText.meta({ description: 'List price per hour, in `currency`.', example: '0.03571' }),
    currency: z.string().meta({ description: 'Currency of the prices, an ISO 4217 code.', example: 'USD' }),
    problems: z.array(z.string()).meta({
      description:
        'Reasons for which the provider would refuse it, or for which it exceeds a cap of the plan; empty: none.',
      example: ['The size is not available in syd1.'],
    }),
  }),
  refusals: ['invalid-inputs', 'unknown-size', 'unavailable'],
});

export const summarizeProvisioning = defineRequest({
  name: 'sagas.summarize',
  service: 'provisioning',
  summary: 'Count deployments by state, and sagas that have not ended or have failed.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({}),
  output: z.object({
    deployments: z
      .array(
        z.object({
          state: deploymentState.describe('State of the deployments.'),
          deployments: z.int().min(1).meta({ description: 'Deployments in this state.', example: 8 }),
          tenants: z.int().min(1).meta({ description: 'Tenants that they belong to.', example: 3 }),
        }),
      )
      .describe('Deployments by state; a state without any is left out.'),
    sagas_running: z.int().min(0).meta({ description: 'Sagas that have not ended.', example: 1 }),
    sagas_failed: z.int().min(0).meta({ description: 'Sagas that failed and were not undone.', example: 0 }),
  }),
  refusals: [],
});
