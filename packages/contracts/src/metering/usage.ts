import { z } from 'zod';
import { everyone } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { dimension, granularity } from './facts.ts';
import { dayOrInstant, summedText } from './fields.ts';

/** Grouping of usage: one row for each value. */
export const usageGrouping = z.enum(['deployment', 'kind', 'day', 'hour', 'resource', 'dimension']);

/** A sum of usage. Fields that vary within the group are null. */
export const usageSum = z.object({
  tenant_id: tenantId.nullable().describe('Tenant that used it; null: several, by this grouping.'),
  deployment_id: uuid.nullable().describe('Deployment that used it; null: several, by this grouping.'),
  resource_id: uuid.nullable().describe('Resource that was used; null: several by this grouping, or reported usage.'),
  kind: usageKind,
  dimension: dimension
    .nullable()
    .describe('Dimension of the usage, such as a size; null: it has none, or several by this grouping.'),
  unit: z.string().meta({ description: 'Unit of the quantity.', example: 'hour' }),
  period_start: instantText.nullable().describe('First instant of the day or hour; null: several, by this grouping.'),
  covers_from: instantText.describe(
    'Start of the counted span: the first whole day (hour, for a kind metered by the hour) that the range touches.',
  ),
  covers_to: instantText.describe(
    'End of the counted span, exclusive: the last whole day or hour that the range touches, but not after now.',
  ),
  quantity: summedText.meta({
    description: 'Quantity in `unit`, rounded half up to 12 decimals; exact in `parts`.',
    example: '720',
  }),
  parts: z
    .array(
      z.object({
        unit_seconds: summedText.meta({ description: 'Σ units × seconds.', example: '2592000' }),
        divisor: decimalText.meta({
          description: 'Seconds of an hour or of the month; 1 for kinds without time.',
          example: '3600',
        }),
      }),
    )
    .describe("The exact quantity, Σ unit_seconds / divisor: one part for each divisor, so for each month's length."),
  records: z
    .int()
    .min(0)
    .meta({ description: 'Number of facts counted; usage that is still running is in no fact yet.', example: 30 }),
  is_live: z.boolean().describe('True: a part was computed just now from the present states.'),
  included_per_month: decimalText.nullable().meta({
    description:
      'Quantity that the terms in force include in a whole month, addons counted, without trial, pauses and proration; null unless grouped by deployment within one month.',
    example: '744',
  }),
});

export const listUsage = defineRequest({
  name: 'usage.list',
  service: 'metering',
  summary: 'List usage by deployment, kind, day, hour, resource or dimension, up to this moment.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    tenant_id: tenantId.optional().describe('Only usage of this tenant.'),
    deployment_id: uuid.optional().describe('Only usage of this deployment.'),
    kind: usageKind.optional().describe('Only usage of this billing kind.'),
    from: dayOrInstant.optional().meta({
      description:
        'Start of the range, a day or an instant; the first instant of the running month when absent. Days (or hours) are never divided: each that the range touches counts whole.',
      example: '2026-04-01',
    }),
    to: dayOrInstant.optional().meta({
      description: 'End of the range, exclusive, a day or an instant; now when absent.',
      example: '2026-05-01',
    }),
    group_by: usageGrouping
      .default('deployment')
      .describe('Grouping: one row for each value, and for each kind; by resource, also for each dimension.'),
  }),
  output: pageOf(usageSum),
  refusals: ['invalid-range', 'invalid-cursor'],
});

/** An observation behind a fact. */
export const factObservation = z.object({
  revision: z.int().meta({ description: 'Revision of the observed resource.', example: 3 }),
  stream: z.string().meta({ description: 'Stream that holds the message.', example: 'INVENTORY' }),
  sequence: z.int().meta({ description: 'Sequence number of the message on the stream.', example: 51234 }),
  event_id: uuid.describe('Id of the message.'),
  effective_at: instantText.describe('Instant from which the observed state holds.'),
  observed_at: instantText.describe('Instant at which it was observed.'),
  status: z
    .string()
    .nullable()
    .meta({ description: "Status in the provider's words; null where the kind has none.", example: 'active' }),
  units: decimalText.meta({
    description: "Units that the state counts, in the kind's unit before time.",
    example: '1',
  }),
  is_present: z.boolean().describe('False: deleted from `effective_at` on.'),
});

/** A report behind a fact. */
export const factReport = z.object({
  source: z.string().meta({ description: 'CloudEvents source of the report.', example: 'urn:acme:gateway' }),
  id: z.string().meta({ description: 'CloudEvents id of the report.', example: 'r-2026-04-30-17' }),
  form: z
    .enum(['usage', 'reading'])
    .describe('`usage` adds a quantity; `reading` states the size of the subject from an instant on.'),
  subject: z
    .string()
    .nullable()
    .meta({ description: 'The thing that was measured; null: the deployment as a whole.', example: 'bucket-7' }),
  time: instantText.describe('Instant of the usage or the reading.'),
  quantity: decimalText.meta({ description: "Quantity in the kind's unit.", example: '1500' }),
  accepted_at: instantText.describe('Instant at which metering accepted the report.'),
});

/** One line of a fact with the evidence behind it. */
export const usageFact = z.object({
  tenant_id: tenantId.describe('Tenant that used it.'),
  deployment_id: uuid.describe('Deployment that used it.'),
  resource_id: uuid.nullable().describe('Resource that was used; null: reported usage.'),
  resource_name: z
    .string()
    .nullable()
    .meta({ description: 'Name of the resource at the provider; null: reported usage.', example: 'web-1' }),
  kind: usageKind,
  dimension: dimension.nullable().describe('Dimension of the line, such as a size; null: it has none.'),
  granularity: granularity.describe('Span of the fact: a day or an hour.'),
  period_start: instantText.describe('First instant of its day or hour.'),
  period_end: instantText.describe('First instant after its day or hour.'),
  unit_seconds: summedText.meta({
    description: 'Σ units × seconds in that state; for reported usage quantity × divisor.',
    example: '86400',
  }),
  divisor: decimalText.meta({
    description: 'Seconds of an hour or of the month; 1 for kinds without time. quantity = unit_seconds / divisor.',
    example: '3600',
  }),
  revision: z.int().meta({ description: 'Revision of the fact that brought this line, counted from 1.', example: 1 }),
  observations: z.array(factObservation).describe('The observations behind it; empty: reported usage.'),
  reports: z.array(factReport).describe('The reports behind it; empty: observed usage.'),
});

export const showEvidence = defineRequest({
  name: 'usage.evidence',
  service: 'metering',
  summary: 'List the facts of a deployment, each with the observations or reports behind it.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    deployment_id: uuid.describe('The deployment whose facts are listed.'),
    kind: usageKind.optional().describe('Only facts of this billing kind.'),
    resource_id: uuid.optional().describe('Only facts of this resource.'),
    period: periodText.optional().describe('Only facts of this billing period.'),
    period_start: instantText.optional().describe('Only the fact whose day or hour starts at this instant.'),
  }),
  output: pageOf(usageFact),
  refusals: ['not-found', 'invalid-cursor'],
});
