import { z } from 'zod';
import { customerCare, everyone } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest, edited } from '../define.ts';
import { flagField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf, sortField } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { enteredCents, positiveDecimal } from './fields.ts';

/** Basis of an alert: a percentage of the included quantity, or money. */
export const alertBasis = z.enum(['included_percent', 'money']);

/** An alert with its crossings. */
export const alertRule = z.object({
  alert_id: uuid.describe('Id of the alert.'),
  tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
  deployment_id: uuid.describe('Deployment that it belongs to.'),
  basis: alertBasis.describe(
    '`included_percent`: a percentage of the included quantity of `kind`; `money`: the cost of the month.',
  ),
  kind: usageKind.nullable().meta({
    description: 'Billing kind that is watched; null: the cost of the whole deployment.',
    example: 'droplet_hours',
  }),
  amount_cents: cents.nullable().meta({
    description:
      'Threshold of a `money` alert: cost of the month in cents of `currency` before tax, 500 is 5.00 in AUD; null for the others and for a fraction of a cent.',
    example: 500,
  }),
  currency: currencyCode.meta({
    description: 'Currency in which the tenant is billed, an ISO 4217 code.',
    example: 'AUD',
  }),
  value: decimalText.meta({
    description:
      'Threshold: a percentage of the included quantity; for `money` the cents of `amount_cents` under their former name.',
    example: '80',
  }),
  crossed: z
    .array(
      z.object({
        period: periodText.meta({
          description: 'Billing period: a calendar month in UTC, `YYYY-MM`.',
          example: '2026-04',
        }),
        reached: decimalText.meta({
          description:
            'Value that was reached: a percentage of the included quantity; for `money` the cents of `reached_cents` under their former name.',
          example: '81.25',
        }),
        reached_cents: cents.nullable().meta({
          description:
            'Cost of the month that was reached by a `money` alert, in cents of `currency` before tax: 520 is 5.20 in AUD; null for the others.',
          example: 520,
        }),
        crossed_at: instantText.describe('When the crossing was noticed.'),
      }),
    )
    .describe('The latest crossings, one for each period at most.'),
  ended_at: instantText.nullable().describe('When it was deleted; null: it was not.'),
  ended_by: z
    .string()
    .nullable()
    .meta({ description: 'Subject of the person or service that deleted it; null: it was not.', example: 'user:ada' }),
});

export const createAlert = defineRequest({
  name: 'alerts.create',
  service: 'invoicing',
  summary: "Create an alert: notify once per period when a deployment's usage crosses a threshold.",
  effect: 'command',
  roles: customerCare,
  input: z.object({
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    basis: alertBasis.describe(
      '`included_percent`: a percentage of the included quantity of `kind`; `money`: the cost of the month.',
    ),
    kind: usageKind.optional().meta({
      description:
        'Billing kind to watch; required for `included_percent`. Without it, the cost of the whole deployment.',
      example: 'droplet_hours',
    }),
    amount_cents: enteredCents.min(1).optional().meta({
      description:
        'Threshold of a `money` alert: cost of the month before tax, in cents of the currency in which the tenant is billed: 500 is 5.00 in AUD and 500 in JPY.',
      example: 500,
    }),
    value: positiveDecimal.optional().meta({
      description:
        'Threshold of an `included_percent` alert: a percentage of the included quantity. For `money`, the former name of `amount_cents`: cents too.',
      example: '80',
    }),
  }),
  output: alertRule,
  refusals: ['not-found', 'kind-missing', 'threshold-missing', 'unknown-kind'],
});

export const listAlerts = defineRequest({
  name: 'alerts.list',
  service: 'invoicing',
  summary: 'List alerts with their latest crossings; those that were deleted only on request.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    deployment_id: uuid.optional().describe('Only alerts of this deployment.'),
    include_ended: flagField.optional().describe('True: alerts that were deleted too.'),
    sort: sortField(['tenant_id', 'basis', 'kind']),
  }),
  output: pageOf(alertRule),
  refusals: ['invalid-cursor'],
});

export const getAlert = defineRequest({
  name: 'alerts.get',
  service: 'invoicing',
  summary: 'Get an alert with its latest crossings, also one that was deleted.',
  effect: 'read',
  roles: everyone,
  input: z.object({ alert_id: uuid.describe('Id of the alert.') }),
  output: alertRule,
  refusals: ['not-found'],
  isVersioned: true,
});

export const deleteAlert = defineRequest({
  name: 'alerts.delete',
  service: 'invoicing',
  summary: 'Delete an alert: it is watched no more. Its crossings stay.',
  effect: 'command',
  roles: customerCare,
  input: z.object({ alert_id: uuid.describe('Id of the alert.') }),
  output: z.object({ deleted: z.boolean().describe('Always true.') }),
  refusals: ['not-found', 'already-ended'],
  edits: edited(getAlert, ['alert_id']),
});
