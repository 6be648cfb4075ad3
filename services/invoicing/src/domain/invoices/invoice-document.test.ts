import { describe, expect, test } from 'vitest';
import { documentOf, type InvoiceDocument } from './invoice-document.ts';

const invoiceIn = (currency: string): InvoiceDocument => ({
  number: 'INV-000001',
  issued_at: '2026-05-01T03:00:00Z',
  due_on: '2026-05-15',
  period: '2026-04',
  currency,
  supplier: { name: 'Arcadia Cloud', address: [], registration_number: null },
  customer: { name: 'acme', address: [], registration_number: null },
  lines: [
    {
      kind: 'overage',
      description: 'Overage bandwidth_gb',
      qty: '1000',
      unit: 'GB',
      unit_price_cents: '1.5',
      amount_cents: 1500,
      meta: {
        charge_model: 'graduated',
        included: '0',
        over: '1000',
        overage_unit: '1',
        tiers: [{ up_to: null, qty: '1000', unit_price_cents: '1.5' }],
        used: '1000',
      },
    },
  ],
  subtotal_cents: 1500,
  tax_cents: 0,
  total_cents: 1500,
  is_tax_inclusive: false,
});

describe('invoicing: documents in currencies with other than two decimals', () => {
  test.each([
    ['AUD', '15.00', '0.015'],
    ['JPY', '1500', '1.5'],
    ['BIF', '1500', '1.5'],
    ['KWD', '1.500', '0.0015'],
    ['LYD', '1.500', '0.0015'],
  ])('1500 minor units of %s are printed as %s, and a unit price of 1.5 of them as %s', (currency, amount, price) => {
    const printed = JSON.stringify(documentOf(invoiceIn(currency)).content);
    expect(printed).toContain(`"text":"${amount}"`);
    expect(printed).toContain(`"text":"${amount} ${currency}"`);
    expect(printed).toContain(`"text":"${price}"`);
    expect(printed).toContain(`graduated per 1; 1000 at ${price}"`);
  });
});
