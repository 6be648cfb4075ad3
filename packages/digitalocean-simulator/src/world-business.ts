import { z } from 'zod';
import { decimal, instant, month, reference } from './world-fields.ts';

const amountCents = z.number().int().positive();

/** The operator's actions after the setup of a platform. Each is absent by default, so that a world without them stays as it is. */
export const businessYear = {
  payments: z
    .array(
      z.strictObject({
        tenant: z.string(),
        period: month,
        at: instant,
        amount_cents: amountCents.optional().describe('Default: all that is due.'),
        reference: z.string().default('bank transfer'),
      }),
    )
    .optional()
    .describe('Payments of invoices, by tenant and month. With any, invoices are marked as overdue when they are.'),
  credit_notes: z
    .array(
      z.strictObject({
        tenant: z.string(),
        period: month,
        at: instant,
        reason: z.string(),
        deployment: reference,
        line: z.string().default('plan_base').describe('Kind of the invoice line that is credited.'),
        amount_cents: amountCents,
      }),
    )
    .optional()
    .describe('Credit notes, each for one line of an invoice.'),
  alerts: z
    .array(
      z.strictObject({
        deployment: reference,
        from: instant.optional().describe('Default: the creation of the deployment.'),
        kind: z.string().optional(),
        included_percent: decimal.optional().describe('Percentage of the included quantity of `kind`.'),
        amount_cents: amountCents.optional().describe('Cost of the month before tax.'),
      }),
    )
    .optional(),
  desired_changes: z
    .array(
      z.strictObject({
        at: instant,
        kind: z.string().default('droplet'),
        resource: reference,
        spec: z.record(z.string(), z.json()),
      }),
    )
    .optional()
    .describe('Desired states that are set later than `desired`.'),
  accepted_drift: z
    .array(
      z.strictObject({
        at: instant,
        kind: z.string().default('droplet'),
        resource: reference,
        field: z.string(),
        reason: z.string(),
      }),
    )
    .optional()
    .describe('Differences that the operator accepts.'),
};
