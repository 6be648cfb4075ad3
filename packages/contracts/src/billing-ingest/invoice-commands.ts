import { z } from 'zod';
import { moneyStaff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { cents } from '../money.ts';
import { invoiceUuid } from './fields.ts';
import { acceptance, getProviderInvoice } from './invoices.ts';

export const reingestInvoice = defineRequest({
  name: 'provider-invoice.reingest',
  service: 'billing-ingest',
  summary: 'Fetch an invoice from the provider again. If it changed, its stored lines are replaced as a whole.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    invoice_uuid: invoiceUuid.meta({
      description: 'The provider’s id of the invoice.',
      example: '22737513-0ea7-4206-8ceb-98a575af7681',
    }),
  }),
  output: z.object({
    invoice_uuid: z
      .string()
      .meta({ description: 'The provider’s id of the invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
    job: z.string().meta({ description: 'Key of the background job.', example: 'ingest-invoice:22737513' }),
  }),
  refusals: ['not-found'],
});

export const rematchInvoice = defineRequest({
  name: 'provider-invoice.rematch',
  service: 'billing-ingest',
  summary: 'Match and allocate the stored lines of an invoice again, against the present inventory.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    invoice_uuid: invoiceUuid.meta({
      description: 'The provider’s id of the invoice.',
      example: '22737513-0ea7-4206-8ceb-98a575af7681',
    }),
  }),
  output: z.object({
    invoice_uuid: z
      .string()
      .meta({ description: 'The provider’s id of the invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
    job: z.string().meta({ description: 'Key of the background job.', example: 'ingest-invoice:22737513' }),
  }),
  refusals: ['not-found', 'not-ingested'],
});

export const acceptInvoice = defineRequest({
  name: 'provider-invoice.accept',
  service: 'billing-ingest',
  summary:
    'Accept the difference of an invoice whose totals do not agree. What the invoice has beyond its lines becomes a line, and its cost is pushed to finance.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    invoice_uuid: invoiceUuid.meta({
      description: 'The provider’s id of the invoice.',
      example: '22737513-0ea7-4206-8ceb-98a575af7681',
    }),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .meta({ description: 'Why the difference is right.', example: 'promotional credit, confirmed by support' }),
  }),
  output: z.object({
    invoice_uuid: z
      .string()
      .meta({ description: 'The provider’s id of the invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
    status: z.literal('accepted').describe('The status of the invoice from now on, while its totals stay.'),
    accepted: acceptance.describe('The recorded acceptance.'),
    accepted_minor: cents.meta({
      description:
        'Total of the invoice less its lines, in cents of the provider’s currency; the amount of the added line.',
      example: -3000,
    }),
  }),
  refusals: ['not-found', 'not-ingested', 'no-difference'],
  edits: edited(getProviderInvoice, ['invoice_uuid']),
});

export const discoverInvoices = defineRequest({
  name: 'provider-invoice.discover',
  service: 'billing-ingest',
  summary: 'Discover new provider invoices now instead of at 02:23.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({}),
  output: z.object({
    job: z.string().meta({ description: 'Key of the background job.', example: 'ingest-invoice:22737513' }),
  }),
  refusals: [],
});
