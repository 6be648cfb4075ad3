import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';
import { reason } from './fields.ts';
import { quotedSagaKind, sagaInputs, sagaKind } from './saga-inputs.ts';

export const sagaStatus = z.enum(['pending', 'running', 'completed', 'failed', 'compensating', 'rolled_back']);

export const sagaStepStatus = z.enum(['pending', 'running', 'completed', 'failed', 'compensated']);

/** For whoever reads the API's description: the inputs of every kind, those that may be left out in brackets. */
const inputsByKind = Object.entries(sagaInputs)
  .map(([kind, { shape }]) => {
    const names = Object.entries(shape).map(([name, field]) =>
      field.safeParse(undefined).success ? `[${name}]` : name,
    );
    return `${kind}: ${names.join(', ')}.`;
  })
  .join(' ');

export const sagaSummary = z.object({
  saga_id: uuid,
  kind: z.string(),
  status: sagaStatus,
  deployment_id: uuid.nullable(),
  tenant_id: tenantId.nullable(),
  resource_id: uuid.nullable(),
  drift_id: uuid.nullable(),
  current_index: z.int().min(0),
  steps: z.array(z.object({ name: z.string(), status: sagaStepStatus })),
  error: z.record(z.string(), json).nullable(),
  is_cancel_requested: z.boolean(),
  started_by: z.string(),
  created_at: instantText,
  changed_at: instantText,
  finished_at: instantText.nullable(),
});

export const sagaAttempt = z.object({
  attempt: z.int().min(1),
  direction: z.enum(['forward', 'backward']),
  outcome: z.enum(['running', 'completed', 'failed', 'abandoned']),
  error: z.string().nullable(),
  replica: z.string(),
  started_at: instantText,
  finished_at: instantText.nullable(),
});

export const sagaView = sagaSummary.extend({
  inputs: z.record(z.string(), json),
  context: z.record(z.string(), json),
  ledger: z.array(
    z.object({
      index: z.int().min(0),
      name: z.string(),
      status: sagaStepStatus,
      output: json,
      error: z.string().nullable(),
      /** Why its compensation could not be done, when it could not. */
      compensation_error: z.string().nullable(),
      started_at: instantText.nullable(),
      finished_at: instantText.nullable(),
      attempts: z.array(sagaAttempt),
    }),
  ),
});

export const listSagas = defineRequest({
  name: 'sagas.list',
  service: 'provisioning',
  summary: 'Sagas, newest first.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({
    status: sagaStatus.optional(),
    kind: sagaKind.optional(),
    deployment: uuid.optional(),
  }),
  output: pageOf(sagaSummary),
  refusals: ['invalid-cursor'],
});

export const getSaga = defineRequest({
  name: 'sagas.get',
  service: 'provisioning',
  summary: 'One saga with its ledger: every step, every attempt.',
  effect: 'read',
  roles: operators,
  input: z.strictObject({ saga_id: uuid }),
  output: sagaView,
  refusals: ['not-found'],
});

export const startSaga = defineRequest({
  name: 'sagas.start',
  service: 'provisioning',
  summary:
    'Start a saga. What interrupts or destroys wants `confirm`: the slug of the deployment, or the name of the droplet.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({
    kind: sagaKind,
    inputs: z.record(z.string(), json).default({}).describe(inputsByKind),
  }),
  output: sagaSummary,
  refusals: ['invalid-inputs', 'not-found', 'confirmation-needed', 'conflict', 'transition-not-allowed'],
});

export const cancelSaga = defineRequest({
  name: 'sagas.cancel',
  service: 'provisioning',
  summary: 'Ask a saga to stop before its next step and to undo what it did.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({ saga_id: uuid, reason: reason.optional() }),
  output: sagaSummary,
  refusals: ['not-found', 'conflict'],
});

export const quoteSaga = defineRequest({
  name: 'sagas.quote',
  service: 'provisioning',
  summary: 'What a provision or a resize would cost at the provider, and whether it would take it. Changes nothing.',
  effect: 'read',
  roles: operators,
  input: z.strictObject({
    kind: quotedSagaKind,
    inputs: z.record(z.string(), json).describe(inputsByKind),
  }),
  output: z.object({
    size_slug: z.string(),
    price_monthly: decimalText,
    price_hourly: decimalText,
    currency: z.string(),
    /** Why it would be refused; empty when it would not. */
    problems: z.array(z.string()),
  }),
  refusals: ['invalid-inputs', 'unknown-size', 'unavailable'],
});
