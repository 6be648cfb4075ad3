import { z } from 'zod';
import { moneyStaff, operators, staff } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { deploymentIdField, flagField, hashField } from '../fields.ts';
import { tenantId } from '../ids.ts';
import { pageInput, pageOf, sortField } from '../page.ts';
import { dayText, instantText, periodText } from '../time.ts';

/** Status of a billing period. `closing`: the last attempt to close it found faults and it is retried. */
export const periodStatus = z.enum(['open', 'closing', 'closed']);

/** A billing period with its progress and its last close. */
export const billingPeriod = z.object({
  period: periodText,
  status: periodStatus.describe(
    'Status; `closing`: the last attempt to close it found the faults in `missing`, and it is retried.',
  ),
  starts_at: instantText.describe('First instant of the period.'),
  ends_at: instantText.describe('First instant after the period.'),
  days_metered: z.int().meta({ description: 'Number of its days that are metered.', example: 30 }),
  days: z.int().meta({ description: 'Number of its days.', example: 30 }),
  facts: z.int().meta({ description: 'Number of facts that hold now, late ones included.', example: 420 }),
  late_facts: z.int().meta({ description: 'Number of facts whose revision came after the last close.', example: 0 }),
  held_days: z.int().meta({
    description:
      'Number of days observed differently after the late window: kept, but not metered until an operator meters them by hand.',
    example: 0,
  }),
  close_revision: z
    .int()
    .nullable()
    .meta({ description: 'Number of its last close, counted from 1; null: never closed.', example: 1 }),
  closed_at: instantText.nullable().describe('Instant of its last close; null: never closed.'),
  closed_by: z.string().nullable().meta({
    description: 'Subject of the person or service that closed it; null: never closed.',
    example: 'service:metering',
  }),
  closed_over: z
    .array(z.string())
    .describe('Faults that an operator accepted with the last close; empty for a clean close.'),
  hash: hashField.nullable().describe('The `manifestHash` of its last close; null: never closed.'),
  missing: z
    .array(z.string())
    .describe('Faults that keep it from being closed: at the last attempt, or, for a single period, at this moment.'),
});

export const listPeriods = defineRequest({
  name: 'periods.list',
  service: 'metering',
  summary: 'List billing periods, newest first.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({ sort: sortField(['period', 'status']) }),
  output: pageOf(billingPeriod),
  refusals: ['invalid-cursor'],
});

export const getPeriod = defineRequest({
  name: 'periods.get',
  service: 'metering',
  summary:
    'Get a billing period with the faults that keep it from being closed, and with the number and the hash of the facts of each of its closes.',
  effect: 'read',
  roles: staff,
  input: z.object({ period: periodText }),
  output: billingPeriod.extend({
    closes: z
      .array(
        z.object({
          revision: z.int().meta({ description: 'Number of the close, counted from 1.', example: 1 }),
          closed_at: instantText.describe('Instant of the close.'),
          closed_by: z
            .string()
            .meta({ description: 'Subject of the person or service that closed it.', example: 'service:metering' }),
          closed_over: z
            .array(z.string())
            .describe('Faults that an operator accepted with the close; empty for a clean close.'),
          is_forced: z.boolean().describe('True: it was requested in order to reissue invoices.'),
          facts: z.int().meta({ description: 'Number of facts that it closes.', example: 420 }),
          hash: hashField.describe('The `manifestHash` of the close.'),
        }),
      )
      .describe("Its closes. The sums per tenant and kind are in each one's `period.closed`."),
    unknown_resources: z.int().min(0).meta({
      description:
        'Number of resources used in an unknown quantity at some time of the period, which no fact counts; `GET /api/v1/usage/unknown` lists them.',
      example: 0,
    }),
    held: z
      .array(
        z.object({
          day: dayText.describe('The held UTC day.'),
          tenant_id: tenantId.nullable().describe('Tenant that owns the deployment; null: not known.'),
          deployment_id: deploymentIdField,
        }),
      )
      .describe(
        'Deployments whose usage would differ if the held days were metered, by `POST /metering/runs`, a forced close or a wider late window.',
      ),
  }),
  refusals: ['not-found'],
});

export const closePeriod = defineRequest({
  name: 'periods.close',
  service: 'metering',
  summary: 'Close a billing period, so that it can be invoiced. Closing a closed one changes nothing unless forced.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    period: periodText,
    accept_missing: flagField
      .default(false)
      .describe('True: close despite faults; they are recorded in `closed_over`.'),
    force: flagField
      .default(false)
      .describe(
        'True: close a closed period again; its late facts count from now on, and invoices that differ are reissued.',
      ),
  }),
  output: billingPeriod,
  refusals: ['period-not-ended', 'period-incomplete'],
});

export const runMetering = defineRequest({
  name: 'metering.run',
  service: 'metering',
  summary: 'Meter past days again. Only facts that changed are published again.',
  effect: 'command',
  roles: operators,
  input: z.object({
    first_day: dayText.describe('First UTC day to meter.'),
    last_day: dayText.optional().describe('Last UTC day to meter; the first one when absent.'),
  }),
  output: z.object({ days: z.int().meta({ description: 'Number of days that will be metered.', example: 1 }) }),
  refusals: ['invalid-range', 'day-not-over'],
});
