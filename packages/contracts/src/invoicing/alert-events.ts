import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { currencyCode } from '../money.ts';
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
          description: 'Threshold, by `basis`: a percentage, cents before tax (`500` is 5.00), or a quantity.',
          example: '80',
        }),
        currency: currencyCode.exactOptional().meta({
          description: 'Currency of a `money` threshold, an ISO 4217 code; absent for others.',
          example: 'AUD',
        }),
      })
      .describe('The threshold that was crossed.'),
    reached: decimalText.meta({
      description: 'Value that was reached, in the unit of the threshold.',
      example: '81.25',
    }),
    crossed_at: instantText.describe('When the crossing was noticed.'),
  }),
  subject: (d) => `alert.crossed.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.alert_id}:${d.period}`,
});
