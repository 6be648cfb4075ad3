import { z } from 'zod';
import { auditors, auditReaders } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { countField, hashField } from '../fields.ts';
import { tenantId } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';
import { auditedCommand } from './events.ts';

/** An entry of the audit log. */
export const auditEntry = auditedCommand.extend({
  position: z.int().meta({ description: 'Place in the log, counted from 1 without gaps.', example: 1 }),
  hash: hashField.describe(
    'sha256 of the hash of the entry before it, a line feed and the entry: the chain of the log.',
  ),
});

export const listAudit = defineRequest({
  name: 'audit.list',
  service: 'gateway',
  summary: 'List audited commands, newest first. A tenant sees those that it sent itself.',
  effect: 'read',
  roles: auditReaders,
  input: pageInput.extend({
    tenant_id: tenantId.optional().meta({ description: 'Only commands that this tenant sent.', example: 'acme' }),
    subject: z.string().optional().meta({ description: 'Only commands of this subject.', example: 'user:ada' }),
    request: z.string().optional().meta({ description: 'Only this command.', example: 'invoices.void' }),
    object_id: z.string().optional().meta({
      description: 'Only commands about this object.',
      example: '0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60',
    }),
    outcome: z
      .string()
      .optional()
      .meta({ description: 'Only with this outcome: `done` or a refusal.', example: 'done' }),
    from: instantText.optional().describe('Only commands at or after this instant.'),
    to: instantText.optional().describe('Only commands before this instant.'),
  }),
  output: pageOf(auditEntry),
  refusals: ['invalid-cursor'],
});

export const verifyAudit = defineRequest({
  name: 'audit.verify',
  service: 'gateway',
  summary: 'Verify the chain of the audit log: a missing, changed or inserted entry is found.',
  effect: 'read',
  roles: auditors,
  input: z.object({
    position: countField(1, Number.MAX_SAFE_INTEGER).optional().meta({
      description: 'Position of an entry that was written down earlier, given with `hash`.',
      example: 1,
    }),
    hash: hashField.optional().describe('Its hash: the entry must still be in the log, with this hash.'),
  }),
  output: z.object({
    is_intact: z.boolean().describe('True: the chain is unbroken, and the given entry is in it.'),
    entries: z.int().meta({ description: 'Number of entries.', example: 1 }),
    head: z
      .object({
        position: z.int().meta({ description: 'Position of the newest entry.', example: 1 }),
        hash: hashField.describe('Its hash. Written down, it shows later whether anything up to it was changed.'),
      })
      .nullable()
      .describe('The newest entry; null for an empty log.'),
    fault: z
      .object({
        position: z.int().meta({ description: 'Position of the first entry that does not fit.', example: 2 }),
        detail: z.string().meta({ description: 'What is wrong with it.', example: 'Entry 2 is missing.' }),
      })
      .nullable()
      .describe('The first fault; null if there is none.'),
  }),
  refusals: ['invalid-input'],
});
