import { z } from 'zod';
import { fleetStaff, staff } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest, edited } from '../define.ts';
import { providerField, providerIdField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { pageInput, pageOf, searchField, sortField } from '../page.ts';
import { instantText } from '../time.ts';

/** Kinds of drift. `field`: a value differs. `missing`: provisioned, but deleted. `unmanaged`: running and billed, but unowned. */
export const driftKind = z.enum(['field', 'missing', 'unmanaged']);

/** The reason of a request, on input. */
export const reason = z
  .string()
  .min(1)
  .max(500)
  .meta({ description: 'Reason, kept with the drift.', example: 'resized for the sale, agreed with the customer' });

/** Status of a drift. `stale`: ended without a request, since the difference is gone. */
export const driftStatus = z.enum(['open', 'accepted', 'reverted', 'stale']);

/** A difference between the desired and the actual state of a resource: the fields that events and views share. */
export const driftRow = z.object({
  drift_id: uuid.describe('Id of the drift.'),
  resource_id: uuid.describe('Id of the resource, the same in every service.'),
  deployment_id: uuid.nullable().describe('Deployment that the resource belongs to; null: none.'),
  tenant_id: tenantId.nullable().describe('Tenant that owns the resource; null: unowned.'),
  kind: driftKind.describe('Kind of drift.'),
  field: z.string().meta({
    description: 'Field that differs; `@presence` for a missing, `@owner` for an unmanaged resource.',
    example: 'size_slug',
  }),
  expected: json.meta({ description: 'Expected value, from the desired state.', example: 's-1vcpu-2gb' }),
  actual: json.meta({ description: 'Actual value, as last observed.', example: 's-2vcpu-4gb' }),
  spec_version: z
    .int()
    .nullable()
    .meta({ description: 'Version of the desired state that was compared; null where there is none.', example: 2 }),
  revision: z.int().min(1).meta({ description: 'Revision of the drift, counted from 1.', example: 1 }),
});

/** The `field` of a `missing` drift: the presence of the resource. */
export const presenceField = '@presence';

/** The `field` of an `unmanaged` drift: the resource's owner. */
export const ownerField = '@owner';

/** A drift with its resource, its open request and its cost. */
export const driftView = driftRow.extend({
  status: driftStatus.describe('Status; `stale`: ended without a request, since the difference is gone.'),
  provider: providerField,
  resource_kind: z.string().meta({ description: 'Kind of the resource.', example: 'droplet' }),
  provider_id: providerIdField,
  resource_name: z
    .string()
    .nullable()
    .meta({ description: 'Name at the provider; null: never observed.', example: 'web-1' }),
  requested: z
    .object({
      action: z.enum(['accept', 'revert']).describe('The requested action.'),
      by: z.string().meta({ description: 'Subject of the operator.', example: 'user:ada' }),
      at: instantText.describe('Instant of the request.'),
      saga_id: uuid.nullable().describe('The saga that reverts it; null: none yet.'),
    })
    .nullable()
    .describe("The operator's request that provisioning has not answered yet; null: none."),
  refusal: z.string().nullable().meta({
    description: 'Reason that the last request was refused; null: it was not.',
    example: 'The size is not available in syd1.',
  }),
  reason: z.string().nullable().meta({
    description: 'Reason given with the last request; null: none.',
    example: 'resized for the sale, agreed with the customer',
  }),
  /** What the difference costs a month more (or, negative, less) at the provider's list price; null where none is known. */
  monthly_cost: z
    .object({
      amount: decimalText.meta({ description: 'Amount in `currency`.', example: '12' }),
      currency: z.string().meta({ description: 'Currency, an ISO 4217 code.', example: 'USD' }),
    })
    .nullable()
    .describe(
      "What the difference costs a month at the provider's list price: positive more, negative less; null: unknown.",
    ),
  monthly_cost_unknown_because: z.string().nullable().meta({
    description: 'Reason that the monthly cost is unknown; null: it is known.',
    example: 'The list price of the size gpu-h100x1-80gb is unknown.',
  }),
  detected_at: instantText.describe('Instant at which it was detected.'),
  closed_at: instantText.nullable().describe('Instant at which it was closed; null while it is open.'),
  closed_by: z.string().nullable().meta({
    description: 'Subject of the person or service that closed it; null while it is open.',
    example: 'user:ada',
  }),
});

export const listDrift = defineRequest({
  name: 'drift.list',
  service: 'drift',
  summary:
    'List drift, newest first; open drift unless another status is requested. `all` with a resource lists its history.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    status: z
      .enum([...driftStatus.options, 'all'])
      .default('open')
      .describe('Only drift of this status; `all` for every status.'),
    kind: driftKind.optional().describe('Only drift of this kind.'),
    deployment_id: uuid.optional().describe('Only drift of this deployment.'),
    resource_id: uuid.optional().describe('Only drift of this resource.'),
    q: searchField('Only drift of resources whose name contains this text, upper or lower case.'),
    sort: sortField(['detected_at', 'kind', 'field', 'status']),
  }),
  output: pageOf(driftView),
  refusals: ['invalid-cursor'],
});

export const getDrift = defineRequest({
  name: 'drift.get',
  service: 'drift',
  summary: 'Get a drift: one differing field of one resource.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({ drift_id: uuid.describe('Id of the drift.') }),
  output: driftView,
  refusals: ['not-found'],
  isVersioned: true,
});

export const acceptDrift = defineRequest({
  name: 'drift.accept',
  service: 'drift',
  summary:
    'Accept a drift: the actual value becomes the expected one. Provisioning decides; its reply closes the drift.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({ drift_id: uuid.describe('Id of the drift.'), reason: reason.optional() }),
  output: driftView,
  refusals: ['not-found', 'conflict'],
  edits: edited(getDrift, ['drift_id']),
});

/** The ids of a request about many drifts. */
export const driftIds = z.array(uuid).min(1).max(500).describe('Ids of the drifts, at most 500.');

/** Why the request about one of many drifts was refused. */
export const oneRefusal = z
  .object({
    word: z
      .enum(['not-found', 'conflict'])
      .describe('The word that the request about this drift alone is refused with.'),
    detail: z
      .string()
      .meta({ description: 'Reason, one sentence.', example: 'This drift is closed: its status is "stale".' }),
  })
  .nullable()
  .describe('Reason that it was refused; null: it was not.');

export const acceptDrifts = defineRequest({
  name: 'drift.accept-many',
  service: 'drift',
  summary: 'Accept many drifts. Each is answered on its own, and a repetition changes nothing.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({ drift_ids: driftIds, reason: reason.optional() }),
  output: z.object({
    results: z
      .array(
        z.object({
          drift_id: uuid.describe('Id of the drift.'),
          outcome: z
            .enum(['requested', 'already', 'refused'])
            .describe('`requested`: provisioning decides; `already`: it is accepted, or its acceptance is requested.'),
          refusal: oneRefusal,
        }),
      )
      .describe('One result for each distinct id, in the order of the request.'),
  }),
  refusals: [],
});

export const revertDrift = defineRequest({
  name: 'drift.revert',
  service: 'drift',
  summary:
    'Revert a drift: a saga restores the expected value. It interrupts the resource, so it needs `confirm`. The end of the saga closes the drift, or reopens it.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({
    drift_id: uuid.describe('Id of the drift.'),
    confirm: z.string().optional().meta({
      description: "The resource's name, or its provider id when the name is unknown; a revert without it is refused.",
      example: 'web-1',
    }),
  }),
  output: driftView,
  refusals: ['not-found', 'conflict', 'not-revertible', 'confirmation-needed'],
  edits: edited(getDrift, ['drift_id']),
});

export const summarizeDrift = defineRequest({
  name: 'drift.summarize',
  service: 'drift',
  summary: 'Count open drift by kind, and add up what it costs a month.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({}),
  output: z.object({
    open: z.int().min(0).meta({ description: 'Open drift.', example: 3 }),
    kinds: z
      .array(
        z.object({
          kind: driftKind.describe('Kind of drift.'),
          open: z.int().min(0).meta({ description: 'Open drift of this kind.', example: 2 }),
        }),
      )
      .describe('The same by kind of drift.'),
    monthly_costs: z
      .array(
        z.object({
          amount: decimalText.meta({ description: 'Sum in `currency`.', example: '12' }),
          currency: z.string().meta({ description: 'Currency, an ISO 4217 code.', example: 'USD' }),
        }),
      )
      .describe("What the differences cost a month at the provider's list price: positive more, negative less."),
    without_price: z.int().min(0).meta({ description: 'Open drift whose cost is not known.', example: 1 }),
  }),
  refusals: [],
});
