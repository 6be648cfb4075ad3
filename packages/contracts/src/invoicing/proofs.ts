import { z } from 'zod';
import { operators } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { flag } from './fields.ts';

/** A proof of a period: every invoice of it derived again from what lies on the streams, and compared byte for byte. */
export const proof = z.object({
  proof_id: uuid,
  period: periodText,
  status: z.enum(['running', 'proved', 'differs', 'failed']),
  /** Tenants looked at so far, and those of them that differ. */
  tenants: z.int().min(0),
  differing: z.int().min(0),
  asked_by: z.string(),
  started_at: instantText,
  completed_at: instantText.nullable(),
  /** Why it failed; null otherwise. */
  detail: z.string().nullable(),
});

/** What the streams make of one tenant's month, beside what was invoiced. */
export const invoiceProof = z.object({
  tenant_id: tenantId,
  /** The invoice that stands; null: none does. */
  invoice_id: uuid.nullable(),
  number: z.string().nullable(),
  close_revision: z.int().min(1),
  /** Messages of `usage.accrued` that count at that close. */
  facts: z.int().min(0),
  lines: z.int().min(0),
  /** Lines that are no outcome of this month's terms and usage, and are taken as said: adjustments and those added by hand. */
  lines_as_said: z.int().min(0),
  total_cents: cents.nullable(),
  derived_total_cents: cents.nullable(),
  /** Each a sentence; empty: proved. */
  differences: z.array(z.string()),
});

export const startProof = defineRequest({
  name: 'proofs.start',
  service: 'invoicing',
  summary:
    'Start a proof: derive every invoice of a closed period from the streams alone and compare. Changes nothing.',
  effect: 'command',
  roles: operators,
  input: z.object({ period: periodText }),
  output: proof,
  refusals: ['period-not-closed'],
});

export const getProof = defineRequest({
  name: 'proofs.get',
  service: 'invoicing',
  summary: 'Get the progress and the result of a proof.',
  effect: 'read',
  roles: operators,
  input: z.object({ proof_id: uuid }),
  output: proof,
  refusals: ['not-found'],
});

export const listProofs = defineRequest({
  name: 'proofs.list',
  service: 'invoicing',
  summary: 'List the proofs of a period, newest first.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({ period: periodText }),
  output: pageOf(proof),
  refusals: ['invalid-cursor'],
});

export const listInvoiceProofs = defineRequest({
  name: 'proofs.list-invoices',
  service: 'invoicing',
  summary: 'List the results of a proof by tenant, each difference in one sentence.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({ proof_id: uuid, is_differing: flag.optional() }),
  output: pageOf(invoiceProof),
  refusals: ['not-found', 'invalid-cursor'],
});
