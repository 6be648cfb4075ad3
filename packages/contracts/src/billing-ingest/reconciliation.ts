import { z } from 'zod';
import { moneyReaders } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { periodText } from '../time.ts';
import { periodOrDate } from './fields.ts';

/** Kind of a difference. */
const findingKind = z.enum([
  'bill_differs',
  'billed_not_metered',
  'hours_differ',
  'metered_not_billed',
  'unattributed',
]);

/** One difference between what was billed and what was metered. Amounts are in the provider's currency. */
export const reconciliationFinding = z.object({
  finding: findingKind.describe(
    'Kind of difference. `bill_differs`: the provider charges more or less than all lines of its invoice, which is not reconciled.',
  ),
  kind: z.string().meta({ description: 'Kind of resource.', example: 'droplet' }),
  resource_id: uuid.nullable().describe('Resource that is concerned; null if unknown.'),
  name: z.string().nullable().meta({ description: 'Name of the resource; null if unknown.', example: 'web-1' }),
  tenant_id: tenantId.nullable().meta({ description: 'Tenant that owns it; null if unowned.', example: 'acme' }),
  deployment_id: uuid.nullable().describe('Deployment that owns it; null if unowned.'),
  billed_hours: decimalText
    .nullable()
    .meta({ description: 'Hours on the provider’s invoice; null if not billed.', example: '744' }),
  metered_hours: decimalText.nullable().meta({ description: 'Metered hours; null if not metered.', example: '740' }),
  amount_cents: cents.nullable().meta({
    description:
      'Value of the difference in cents of the provider’s currency, positive if more was billed than metered; null without a known price.',
    example: 13,
  }),
  detail: z.string().describe('The difference in a sentence.'),
});

export const getReconciliation = defineRequest({
  name: 'reconciliation.get',
  service: 'billing-ingest',
  summary:
    'List differences between billed and metered resources with their amounts, and billed resources that are unowned.',
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend({
    period: periodOrDate.meta({ description: 'Period to compare: a month, or any date in it.', example: '2026-04' }),
    finding: findingKind.optional().describe('Only differences of this kind.'),
  }),
  output: pageOf(reconciliationFinding).extend({
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'USD' }),
    has_invoice: z.boolean().describe('False: the provider’s invoice of the period has not been read.'),
    summary: z
      .array(
        z.object({
          finding: z.string().meta({ description: 'Kind of difference.', example: 'hours_differ' }),
          count: z.int().meta({ description: 'Number of differences.', example: 2 }),
          amount_cents: cents.meta({ description: 'Sum in cents of the provider’s currency.', example: 26 }),
        }),
      )
      .describe('Number and sum of the differences by kind.'),
  }),
  refusals: ['invalid-cursor'],
});
