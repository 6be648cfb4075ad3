import { z } from 'zod';
import { moneyReaders, moneyStaff } from '../actor.ts';
import { defineEvent, defineRequest } from '../define.ts';
import { flagField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';

/** A proof of a period: every invoice of it derived again from what lies on the streams, and compared byte for byte. */
export const proof = z.object({
  proof_id: uuid.describe('Id of the proof.'),
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  status: z
    .enum(['running', 'proved', 'differs', 'failed'])
    .describe('`proved`: every invoice was derived again without a difference.'),
  tenants: z.int().min(0).meta({ description: 'Tenants checked so far.', example: 12 }),
  differing: z.int().min(0).meta({ description: 'Tenants with differences so far.', example: 0 }),
  asked_by: z.string().meta({ description: 'Subject of the person who requested it.', example: 'olivia' }),
  started_at: instantText.describe('When it started.'),
  completed_at: instantText.nullable().describe('When it ended; null while it runs.'),
  detail: z.string().nullable().describe('Why it failed; null otherwise.'),
});

export const proofChanged = defineEvent({
  type: 'proof.changed',
  version: 1,
  stream: 'INVOICING',
  summary: 'A proof of a period has started or ended, with its result.',
  data: proof,
  subject: (d) => `proof.changed.${d.period}`,
  key: (d) => `${d.proof_id}:${d.status}`,
});

/** What the streams make of one tenant's month, beside what was invoiced. */
export const invoiceProof = z.object({
  tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
  invoice_id: uuid.nullable().describe('The valid invoice of the month; null if there is none.'),
  number: z
    .string()
    .nullable()
    .meta({ description: 'Number of the invoice; null if there is none.', example: 'INV-2026-000042' }),
  close_revision: z.int().min(1).meta({ description: 'Revision of the period’s close that was checked.', example: 1 }),
  facts: z
    .int()
    .min(0)
    .meta({ description: 'Usage facts (`usage.accrued` events) that count at that close.', example: 90 }),
  lines: z.int().min(0).meta({ description: 'Lines of the invoice.', example: 7 }),
  lines_as_said: z.int().min(0).meta({
    description:
      'Lines that do not follow from the month’s terms and usage and are taken as they are: adjustments and manual lines.',
    example: 0,
  }),
  total_cents: cents
    .nullable()
    .meta({ description: 'Total of the invoice with tax, in cents; null if there is none.', example: 7064 }),
  derived_total_cents: cents.nullable().meta({
    description: 'Total as derived from the streams, in cents; null if no invoice follows from them.',
    example: 7064,
  }),
  differences: z.array(z.string()).meta({
    description: 'The first 200 differences, each in a sentence; empty if the invoice is proved.',
    example: [],
  }),
  difference_count: z.int().min(0).meta({ description: 'Number of all differences.', example: 0 }),
});

export const startProof = defineRequest({
  name: 'proofs.start',
  service: 'invoicing',
  summary:
    'Start a proof: derive every invoice of a closed period from the streams alone and compare. Changes nothing.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({ period: periodText.meta({ description: 'Closed period to prove.', example: '2026-04' }) }),
  output: proof,
  refusals: ['period-not-closed'],
});

export const getProof = defineRequest({
  name: 'proofs.get',
  service: 'invoicing',
  summary: 'Get the progress and the result of a proof.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({ proof_id: uuid.describe('Id of the proof.') }),
  output: proof,
  refusals: ['not-found'],
});

export const listProofs = defineRequest({
  name: 'proofs.list',
  service: 'invoicing',
  summary: 'List the proofs of a period, newest first.',
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend({
    period: periodText.meta({ description: 'Only proofs of this period.', example: '2026-04' }),
  }),
  output: pageOf(proof),
  refusals: ['invalid-cursor'],
});

export const listInvoiceProofs = defineRequest({
  name: 'proofs.list-invoices',
  service: 'invoicing',
  summary: 'List the results of a proof by tenant, each difference in one sentence.',
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend({
    proof_id: uuid.describe('Id of the proof.'),
    is_differing: flagField
      .optional()
      .describe('Only tenants with differences (`true`), or only those without (`false`).'),
  }),
  output: pageOf(invoiceProof),
  refusals: ['not-found', 'invalid-cursor'],
});
