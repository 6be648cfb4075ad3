import { z } from 'zod';
import { moneyStaff, staff } from '../actor.ts';
import { defineRequest, edited, type RequestContract } from '../define.ts';
import { uuid } from '../ids.ts';
import { json } from '../json.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';

/** Commands that destroy or pay, whatever their input. */
const alwaysApproved: ReadonlySet<string> = new Set(['invoices.void', 'invoices.credit', 'credit-notes.refund']);
/** Commands that destroy with some inputs, each with the field and its value. */
const approvedWith: ReadonlyMap<string, readonly [field: string, value: unknown]> = new Map([
  ['sagas.start', ['kind', 'offboard']],
  ['periods.close', ['force', true]],
  ['invoices.run', ['force', true]],
]);

/** True for a command that may need a second person, with some input. */
export const mayNeedApproval = ({ name }: RequestContract): boolean =>
  alwaysApproved.has(name) || approvedWith.has(name);

/** True for a command that destroys or pays, so that a second person approves it where the setting `FOUR_EYES` is on. */
export const needsApproval = ({ name }: RequestContract, input: unknown): boolean => {
  if (alwaysApproved.has(name)) return true;
  const [field, value] = approvedWith.get(name) ?? [];
  return field !== undefined && (input as Readonly<Record<string, unknown>>)[field] === value;
};

/** A command that waits for a second person, or waited. */
export const approval = z.object({
  approval_id: uuid.describe('Id of the approval.'),
  status: z.enum(['waiting', 'approved', 'denied', 'expired']).meta({
    description: '`waiting` for a second person; `approved`: sent, see `outcome`; `denied` or `expired`: never sent.',
    example: 'waiting',
  }),
  request: z.string().meta({ description: 'Name of the command.', example: 'invoices.void' }),
  input: json.meta({ description: 'Its input.', example: { reason: 'wrong plan' } }),
  requested_by: z.string().meta({ description: 'Subject of the person who sent it.', example: 'user:ada' }),
  requested_at: instantText.describe('When it was sent.'),
  expires_at: instantText.describe('From when on it can no longer be approved.'),
  decided_by: z
    .string()
    .nullable()
    .meta({ description: 'Subject of the person who approved or denied it; null before.', example: 'user:bob' }),
  decided_at: instantText.nullable().describe('When it was approved or denied; null before.'),
  reason: z
    .string()
    .nullable()
    .meta({ description: 'Reason of the denial; null for none.', example: 'the invoice is right' }),
  outcome: z.string().nullable().meta({
    description: 'Of an approved command: `done`, or the word of the refusal; null while its service has not answered.',
    example: 'done',
  }),
  answer: json.meta({ description: 'Answer of the command, or its refusal; null before.', example: null }),
});

const approvalId = z.object({ approval_id: uuid.describe('Id of the approval.') });

export const createApproval = defineRequest({
  name: 'approvals.create',
  service: 'gateway',
  summary: 'Keep a command until a second person approves it. The gateway sends it for commands that need approval.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    request: z.string().meta({ description: 'Name of the command.', example: 'invoices.void' }),
    input: json.meta({ description: 'Its input.', example: { reason: 'wrong plan' } }),
    if_match: z.string().nullable().default(null).meta({
      description: 'Its header `If-Match`: it is refused if the object has changed until it is approved; null: none.',
      example: null,
    }),
  }),
  output: approval,
  refusals: ['forbidden', 'invalid-input'],
});

export const listApprovals = defineRequest({
  name: 'approvals.list',
  service: 'gateway',
  summary: 'List commands that need a second person, newest first.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    status: approval.shape.status.optional().describe('Only approvals of this status.'),
  }),
  output: pageOf(approval),
  refusals: ['invalid-cursor'],
});

export const getApproval = defineRequest({
  name: 'approvals.get',
  service: 'gateway',
  summary: 'Get a command that needs a second person.',
  effect: 'read',
  roles: staff,
  input: approvalId,
  output: approval,
  refusals: ['not-found'],
  isVersioned: true,
});

export const approve = defineRequest({
  name: 'approvals.approve',
  service: 'gateway',
  summary: 'Approve a waiting command as a second person. It is sent at once, on behalf of the first.',
  effect: 'command',
  roles: moneyStaff,
  input: approvalId,
  output: approval,
  refusals: ['forbidden', 'not-found', 'conflict'],
  edits: edited(getApproval, ['approval_id']),
});

export const deny = defineRequest({
  name: 'approvals.deny',
  service: 'gateway',
  summary: 'Deny a waiting command, or withdraw one’s own. It is never sent.',
  effect: 'command',
  roles: moneyStaff,
  input: approvalId.extend({
    reason: z.string().min(1).max(500).meta({ description: 'Reason, kept with it.', example: 'the invoice is right' }),
  }),
  output: approval,
  refusals: ['forbidden', 'not-found', 'conflict'],
  edits: edited(getApproval, ['approval_id']),
});
