import { z } from 'zod';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { instantText, periodText } from '../time.ts';

export const paymentRecorded = defineEvent({
  type: 'payment.recorded',
  version: 1,
  stream: 'INVOICING',
  summary: 'A payment towards an invoice, in part or of all that was due.',
  data: z.object({
    payment_id: uuid.describe('Id of the payment.'),
    invoice_id: uuid.describe('Id of the invoice.'),
    tenant_id: tenantId.meta({ description: 'Tenant that paid.', example: 'acme' }),
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    number: z.string().meta({ description: 'Invoice number.', example: 'INV-2026-000042' }),
    currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'AUD' }),
    amount_cents: cents.meta({ description: 'Paid amount in cents.', example: 5000 }),
    amount_due_cents: cents.meta({ description: 'Still due on the invoice after it, in cents.', example: 2064 }),
    paid_at: instantText.describe('When it was paid.'),
    reference: z.string().meta({ description: 'Payment reference.', example: 'bank transfer 2026-05-10' }),
  }),
  subject: (d) => `payment.recorded.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.payment_id,
});
