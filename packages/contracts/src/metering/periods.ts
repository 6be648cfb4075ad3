import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { flag } from './fields.ts';

export const periodStatus = z.enum(['open', 'closing', 'closed']);

export const billingPeriod = z.object({
  period: periodText,
  status: periodStatus,
  starts_at: instantText,
  ends_at: instantText,
  days_metered: z.int(),
  days: z.int(),
  /** Facts that stand now, late ones included. */
  facts: z.int(),
  /** Facts whose revision came after the last close. */
  late_facts: z.int(),
  /** Days that something was observed about after the late window: kept, and not metered until someone has it taken in. */
  held_days: z.int(),
  close_revision: z.int().nullable(),
  closed_at: instantText.nullable(),
  closed_by: z.string().nullable(),
  closed_over: z.array(z.string()),
  hash: z.string().nullable(),
  /** What kept it from being closed at the last attempt; shown alone, what a period that is over lacks at this moment. */
  missing: z.array(z.string()),
});

export const listPeriods = defineRequest({
  name: 'periods.list',
  service: 'metering',
  summary: 'Billing periods, newest first.',
  effect: 'read',
  roles: ['platform_admin'],
  input: pageInput,
  output: pageOf(billingPeriod),
  refusals: ['invalid-cursor'],
});

export const getPeriod = defineRequest({
  name: 'periods.get',
  service: 'metering',
  summary: 'One billing period, with what it still lacks and each of its closes: the count and the hash of its facts.',
  effect: 'read',
  roles: ['platform_admin'],
  input: z.object({ period: periodText }),
  output: billingPeriod.extend({
    /** The sums of a close, per tenant and kind, are in its `period.closed`. */
    closes: z.array(
      z.object({
        revision: z.int(),
        closed_at: instantText,
        closed_by: z.string(),
        closed_over: z.array(z.string()),
        is_forced: z.boolean(),
        facts: z.int(),
        hash: z.string(),
      }),
    ),
    /** Whose usage would differ if the held days were metered: by `POST /metering/runs`, a forced close or a wider window. */
    held: z.array(z.object({ day: dayText, tenant_id: tenantId.nullable(), deployment_id: uuid })),
  }),
  refusals: ['not-found'],
});

export const closePeriod = defineRequest({
  name: 'periods.close',
  service: 'metering',
  summary: 'Close a billing period, so that invoices can be made. Closing a closed one changes nothing, unless forced.',
  effect: 'command',
  roles: ['platform_admin'],
  input: z.object({
    period: periodText,
    /** Close although something is missing; recorded with what was. */
    accept_missing: flag.default(false),
    /** Close a closed period anew: its late facts count from now on, and invoices that differ are reissued. */
    force: flag.default(false),
  }),
  output: billingPeriod,
  refusals: ['period-not-ended', 'period-incomplete'],
});

export const runMetering = defineRequest({
  name: 'metering.run',
  service: 'metering',
  summary: 'Meter past days again. What has not changed is not said again.',
  effect: 'command',
  roles: ['platform_admin'],
  input: z.object({ first_day: dayText, last_day: dayText.optional() }),
  output: z.object({ days: z.int() }),
  refusals: ['invalid-range', 'day-not-over'],
});
