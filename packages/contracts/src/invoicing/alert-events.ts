import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';

export const alertCrossed = defineEvent({
  type: 'alert.crossed',
  version: 1,
  stream: 'INVOICING',
  summary: 'The crossing of a usage threshold by a deployment, at most once per period.',
  data: z.object({
    alert_id: uuid.describe('Id of the alert.'),
    tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    kind: usageKind.nullable().meta({
      description: 'Billing kind that is watched; null: the cost of the whole deployment.',
      example: 'droplet_hours',
    }),
    threshold: z
      .object({
        basis: z
          .enum(['included_percent', 'money', 'hard_cap'])
          .describe('Percentage of the included quantity, cost of the month, or the plan’s hard cap.'),
        value: decimalText.meta({
          description:
            'Threshold, by `basis`: a percentage, a quantity, or for `money` the cents of `amount_cents` under their former name.',
          example: '80',
        }),
        amount_cents: cents.exactOptional().meta({
          description:
            'Threshold of a `money` alert, in cents of `currency` before tax: 500 is 5.00 in AUD; absent for others and for a fraction of a cent.',
          example: 500,
        }),
        currency: currencyCode.exactOptional().meta({
          description: 'Currency of a `money` threshold, an ISO 4217 code; absent for others.',
          example: 'AUD',
        }),
      })
      .describe('The threshold that was crossed.'),
    reached: decimalText.meta({
      description:
        'Value that was reached: a percentage, a quantity, or for `money` the cents of `reached_cents` under their former name.',
      example: '81.25',
    }),
    reached_cents: cents.exactOptional().meta({
      description:
        'Cost of the month that was reached, in cents of `currency` before tax; absent unless `money`, and for a fraction of a cent.',
      example: 520,
    }),
    crossed_at: instantText.describe('When the crossing was noticed.'),
  }),
  subject: (d) => `alert.crossed.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.alert_id}:${d.period}`,
});
