import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { granularity } from './facts.ts';
import { dayOrInstant, summedText } from './fields.ts';

export const usageGrouping = z.enum(['deployment', 'kind', 'day', 'hour', 'resource']);

/** Usage summed up. What a grouping does not tell apart is null. */
export const usageSum = z.object({
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  resource_id: uuid.nullable(),
  kind: usageKind,
  unit: z.string(),
  /** First instant of the day or hour. */
  period_start: instantText.nullable(),
  /**
   * What the range came to for this kind: the whole days (hours, where it is metered by the hour) that the range touches, up to
   * now. The same as the range where its ends are such boundaries.
   */
  covers_from: instantText,
  covers_to: instantText,
  /** Rounded half up to 12 decimals; exact in `parts`. */
  quantity: summedText,
  /** quantity = Σ unit_seconds / divisor; one part for each divisor, so for each month's length. */
  parts: z.array(z.object({ unit_seconds: summedText, divisor: decimalText })),
  /** Facts counted; what is still running and not metered yet is no fact. */
  records: z.int().min(0),
  /** Some of it was computed from the present states just now. */
  is_live: z.boolean(),
  /**
   * What the terms in force include of it in a whole month, addons counted; trial, pauses and proration are the invoice
   * preview's. Only by deployment and within one month.
   */
  included_per_month: decimalText.nullable(),
});

export const listUsage = defineRequest({
  name: 'usage.list',
  service: 'metering',
  summary: 'Usage by deployment, kind, day, hour or resource, up to this moment.',
  effect: 'read',
  roles: ['platform_admin', 'tenant'],
  input: pageInput.extend({
    tenant_id: tenantId.optional(),
    deployment: uuid.optional(),
    kind: usageKind.optional(),
    /**
     * The running month's first instant unless told. Usage is kept by whole days, or hours, and never divided: each that the range
     * touches counts whole, and a row's `covers_from` and `covers_to` say which those are.
     */
    from: dayOrInstant.optional(),
    /** Now unless told; a range that ends where it begins touches nothing. */
    to: dayOrInstant.optional(),
    group_by: usageGrouping.default('deployment'),
  }),
  output: pageOf(usageSum),
  refusals: ['invalid-range', 'invalid-cursor'],
});

/** An observation behind a fact. */
export const factObservation = z.object({
  revision: z.int(),
  stream: z.string(),
  sequence: z.int(),
  event_id: uuid,
  effective_at: instantText,
  observed_at: instantText,
  status: z.string().nullable(),
  units: decimalText,
  is_present: z.boolean(),
});

/** A report behind a fact. */
export const factReport = z.object({
  source: z.string(),
  id: z.string(),
  form: z.enum(['usage', 'reading']),
  subject: z.string().nullable(),
  time: instantText,
  quantity: decimalText,
  accepted_at: instantText,
});

export const usageFact = z.object({
  tenant_id: tenantId,
  deployment_id: uuid,
  resource_id: uuid.nullable(),
  /** As the provider calls it; null for reported usage. */
  resource_name: z.string().nullable(),
  kind: usageKind,
  granularity,
  period_start: instantText,
  period_end: instantText,
  unit_seconds: summedText,
  divisor: decimalText,
  /** The revision of the fact's message that brought this line. */
  revision: z.int(),
  observations: z.array(factObservation),
  reports: z.array(factReport),
});

export const showEvidence = defineRequest({
  name: 'usage.evidence',
  service: 'metering',
  summary: 'The facts of one deployment, each with the observations or reports behind it.',
  effect: 'read',
  roles: ['platform_admin', 'tenant'],
  input: pageInput.extend({
    deployment: uuid,
    kind: usageKind.optional(),
    resource: uuid.optional(),
    period: periodText.optional(),
    /** One fact alone: the first instant of its day or hour. */
    period_start: instantText.optional(),
  }),
  output: pageOf(usageFact),
  refusals: ['not-found', 'invalid-cursor'],
});
