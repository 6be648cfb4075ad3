import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { token } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { instantText, periodText } from '../time.ts';
import { costLine } from './cost-lines.ts';

export const invoiceIngested = defineEvent({
  type: 'invoice.ingested',
  version: 2,
  stream: 'BILLING',
  summary:
    'A provider invoice with its lines matched and allocated. A revision is published in as many messages as its lines need, each with the head. It holds once all its parts have arrived, and replaces lower revisions whole.',
  data: z.object({
    provider: z.string(),
    period: periodText,
    invoice_uuid: z.string(),
    invoice_number: z.string().nullable(),
    revision: z.int().min(1),
    /** Which of the messages of this revision it is, from 1. */
    part: z.int().min(1),
    parts: z.int().min(1),
    status: z.enum(['reconciled', 'unreconciled']),
    currency: currencyCode,
    amount_net_minor: cents,
    amount_tax_minor: cents,
    amount_gross_minor: cents,
    /** What one unit of the provider's currency is worth in the billing currency; null until an operator pins it. */
    fx: z.object({ to: currencyCode, rate: decimalText }).nullable(),
    /** The lines of this part. */
    lines: z.array(costLine),
    ingested_at: instantText,
  }),
  subject: (d) => `invoice.ingested.${token(d.provider)}.${d.period}`,
  key: (d) => `${d.invoice_uuid}:${d.revision}:${d.part}`,
});

/** Every event of billing-ingest, in the order of its stream's subjects. */
export const events = [invoiceIngested] as const;
