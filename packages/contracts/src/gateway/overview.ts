import { z } from 'zod';
import { staff } from '../actor.ts';
import { summarizeProviderInvoices } from '../billing-ingest/invoices.ts';
import { defineRequest } from '../define.ts';
import { summarizeDrift } from '../drift/differences.ts';
import { summarizeInventory } from '../inventory-sync/resources.ts';
import { getReceivables } from '../invoicing/tenants.ts';
import { cents, currencyCode } from '../money.ts';
import { summarizeProvisioning } from '../provisioning/sagas.ts';
import { periodText } from '../time.ts';
import { unavailableServices } from './system.ts';

/** Revenue, cost and margin of a month over all tenants and the operator's own use. */
const monthlyMargin = z.object({
  period: periodText.meta({ description: 'Billing period.', example: '2026-04' }),
  currency: currencyCode.nullable().meta({ description: 'Billing currency; null: there are several.', example: 'AUD' }),
  revenue_cents: cents.meta({ description: 'Revenue without tax, in cents.', example: 6422 }),
  cost_cents: cents.nullable().meta({
    description: 'The provider’s cost without tax, in cents; null until its invoice and exchange rate are known.',
    example: 3100,
  }),
  margin_cents: cents.nullable().meta({
    description: 'Revenue minus cost, in cents; null until the cost is known.',
    example: 3322,
  }),
});

export const getOverview = defineRequest({
  name: 'overview.get',
  service: 'gateway',
  summary:
    'Get the figures of the first page in one answer: what runs and for whom, cost and margin, drift, what is unowned or unreconciled, and background work.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({}),
  output: z.object({
    inventory: summarizeInventory.output
      .nullable()
      .describe('What runs. A part is null while its service does not answer, or when the caller may not see it.'),
    provisioning: summarizeProvisioning.output.nullable().describe('For whom: deployments and sagas.'),
    drift: summarizeDrift.output.nullable().describe('Where the actual state differs from the expected one.'),
    bills: summarizeProviderInvoices.output.nullable().describe('The provider’s invoices by status.'),
    margins: z
      .array(monthlyMargin)
      .nullable()
      .describe('The newest invoiced or billed month, and the newest of which the cost is known if that is another.'),
    receivables: getReceivables.output.nullable().describe('What tenants owe, by age.'),
    periods: z
      .object({
        open: z
          .array(periodText)
          .meta({ description: 'Periods that have not been closed, newest first.', example: ['2026-04'] }),
        blocked: z.array(periodText).meta({
          description: 'Those of them that cannot be closed yet, because something is missing.',
          example: [],
        }),
      })
      .nullable()
      .describe('Billing periods of the last two years.'),
    jobs: z
      .object({
        waiting: z.int().min(0).meta({ description: 'Job runs that wait for their next attempt.', example: 0 }),
        dead_letters: z.int().min(0).meta({
          description: 'Messages and jobs that failed for the last time.',
          example: 0,
        }),
        not_ready: z
          .array(z.string())
          .meta({ description: 'Services that answer, but cannot do their work.', example: [] }),
      })
      .describe('Background work of the services that answer.'),
    unavailable: unavailableServices,
  }),
  refusals: [],
});
