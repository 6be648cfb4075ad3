import { z } from 'zod';
import { actor } from '../actor.ts';
import { defineEvent } from '../define.ts';
import { json } from '../json.ts';
import { type ServiceName, services } from '../services.ts';
import { instantText } from '../time.ts';

/** One command: who sent it, what it was about, and what it changed. */
export const auditedCommand = z.object({
  audit_id: z.string().meta({
    description: 'Service and number of the row in its table `audit`.',
    example: 'invoicing:42',
  }),
  at: instantText.describe('When the service handled it.'),
  service: z
    .enum(Object.keys(services) as [ServiceName, ...ServiceName[]])
    .meta({ description: 'Service that handled it.', example: 'invoicing' }),
  request: z.string().meta({ description: 'Name of the command.', example: 'invoices.void' }),
  actor: actor.describe('The person or service that sent it.'),
  object: z
    .object({
      kind: z.string().meta({ description: 'Kind of the object.', example: 'invoice' }),
      id: z.string().meta({ description: 'Id of the object.', example: '0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60' }),
    })
    .nullable()
    .describe('Object that the command was about; null for a command about none.'),
  outcome: z.string().meta({ description: '`done`, or the word of the refusal.', example: 'done' }),
  detail: z.string().nullable().meta({ description: 'Sentence of the refusal; null for none.', example: null }),
  input: json.meta({
    description:
      'Input of the command without secrets. A value above 16 KB is `{truncated, bytes, sha256}`, here and in the next two.',
    example: { reason: 'wrong plan' },
  }),
  before: json.meta({
    description:
      'The fields that changed, as they were before: as the sender could read them. Null for what is new or cannot be read by itself.',
    example: { status: 'issued' },
  }),
  after: json.meta({
    description:
      'The same fields afterwards; the whole answer for what cannot be read by itself; null once it is deleted.',
    example: { status: 'void' },
  }),
  request_id: z.string().nullable().meta({
    description: 'The `X-Request-Id` of the HTTP request; null for a command that another service sent.',
    example: '7f3c1c1e-5d0b-4f0e-9b68-1f1f0a4b7a51',
  }),
  traceparent: z.string().nullable().meta({ description: 'Trace (W3C Trace Context); null for none.', example: null }),
});

/** The stream of audited commands, to which every service publishes its own. */
export const commandAudited = defineEvent({
  type: 'audit.recorded',
  version: 1,
  stream: 'AUDIT',
  summary:
    'A command was handled, published by the service that handled it, in the transaction of its effect. The gateway keeps them as the audit log.',
  data: auditedCommand,
  subject: ({ service }) => `audit.recorded.${service}`,
  key: ({ audit_id, at }) => `${audit_id}@${at}`,
});

/** The events of the stream `AUDIT`. */
export const events = [commandAudited] as const;
