import { describe, expect, test } from 'vitest';
import { rate } from '../rating/rate.ts';
import { type CreditNoteDocument, creditNoteDocument } from './credit-note-document.ts';
import type { Document } from './document.ts';
import { quoteDocument } from './quote-document.ts';
import { ageingOf, statementDocument } from './statement-document.ts';

const supplier = { name: 'Arcadia', address: ['1 High St'], registration_number: '53 004 085 616', country: 'AU' };
const customer = { name: 'Acme', address: [], registration_number: null, tenant_id: 'acme', buyer_reference: 'PO 1' };

const cellsOf = ({ sections }: Document): string[][] =>
  sections.flatMap((section) =>
    section.type === 'table' ? section.groups.flatMap(({ rows }) => rows.map(({ cells }) => cells)) : [],
  );
const totalsOf = ({ sections }: Document): string[][] =>
  sections.flatMap((section) =>
    section.type === 'totals' ? section.rows.map(({ label, amount }) => [label, amount]) : [],
  );

/** The lines about how to pay. */
const paymentOf = ({ sections }: Document): string[] =>
  sections.flatMap((section) =>
    section.type === 'text' && section.block.label === 'How to pay' ? section.block.lines : [],
  );

const note = (fields: Partial<CreditNoteDocument> = {}): CreditNoteDocument => ({
  number: 'CN-000001',
  issued_at: '2026-06-01T03:00:00Z',
  invoice: { number: 'INV-000001', issued_at: '2026-05-01T03:00:00Z' },
  period: '2026-04',
  currency: 'AUD',
  reason: 'Usage was corrected',
  supplier,
  customer,
  lines: [
    {
      line_key: 'd1/overage/droplet_hours/2026-04-01',
      adjusts_period: null,
      adjusts_key: null,
      deployment_id: 'd1',
      resource_kind: 'droplet_hours',
      description: 'Overage droplet_hours: 2160 used, 1488 included',
      amount_cents: 672,
    },
  ],
  net_cents: 672,
  tax_cents: 67,
  total_cents: 739,
  tax_label: 'GST 10 %',
  is_tax_inclusive: false,
  deployment_names: { d1: 'Shop' },
  addons: new Map(),
  content_hash: 'c0'.repeat(32),
  uses: { applied: [], refunded: null, open_cents: 739 },
  ...fields,
});

describe('invoicing: credit notes, quotes and statements as documents', () => {
  test('a credit note names its invoice and its reason, and its lines are words', () => {
    const document = creditNoteDocument(note());
    expect(cellsOf(document)).toEqual([['Droplet hours above the 1,488 included', 'Shop', '$6.72']]);
    expect(totalsOf(document)).toEqual([
      ['Subtotal', '$6.72'],
      ['GST 10 %', '$0.67'],
      ['Total credit', '$7.39'],
    ]);
    expect(document.facts).toContainEqual(['Invoice', 'INV-000001']);
    expect(JSON.stringify(document)).toContain('Usage was corrected');
  });

  test('every document that can be proved names its hash at the foot', () => {
    expect(creditNoteDocument(note()).foot).toBe(`Proof: credit-note.issued has the SHA-256 ${'c0'.repeat(32)}`);
  });

  test.each<[string, Partial<CreditNoteDocument>]>([
    ['Adjustment note (credit note)', {}],
    ['Credit note', { supplier: { ...supplier, country: 'GB' } }],
    ['Credit note', { tax_cents: 0 }],
    ['Credit note', { supplier: { ...supplier, registration_number: null } }],
  ])('a credit note is called "%s" with %o', (title, fields) => {
    expect(creditNoteDocument(note(fields)).title).toBe(title);
  });

  test('a corrected line of a credit note without an invoice names its month', () => {
    const line = {
      line_key: 'adjustment/2026-03/d1/overage/droplet_hours/2026-03-01',
      adjusts_period: '2026-03',
      adjusts_key: 'd1/overage/droplet_hours/2026-03-01',
      deployment_id: 'd1',
      resource_kind: 'droplet_hours',
      description: 'Adjustment for 2026-03: Overage droplet_hours: 9 used, 0 included',
      amount_cents: 5,
    };
    const document = creditNoteDocument(note({ invoice: null, lines: [line] }));
    expect(cellsOf(document)).toEqual([['Adjustment for March 2026: Droplet hours', 'Shop', '$0.05']]);
    expect(document.facts.map(([label]) => label)).not.toContain('Invoice');
    const texts = document.sections.flatMap((section) => (section.type === 'text' ? section.block.lines : []));
    expect(texts).toEqual([
      'The lines of April 2026 come to less than zero. What its invoice does not use of them is credited here.',
      '$7.39 is taken off the next invoice, or paid back on request.',
    ]);
  });

  test('a credit note shows what has become of the credit', () => {
    const uses = {
      applied: [{ number: 'INV-000002', amount_cents: 300 }],
      refunded: { at: '2026-06-20T00:00:00Z', reference: 'bank 9', amount_cents: 400 },
      open_cents: 0,
    };
    const texts = creditNoteDocument(note({ uses })).sections.flatMap((section) =>
      section.type === 'text' ? section.block.lines : [],
    );
    expect(texts.slice(1)).toEqual([
      '$3.00 lowers what is due on invoice INV-000002.',
      '$4.00 was paid back on 20 June 2026: bank 9',
    ]);
  });

  test('a credited part of a month is named by its days, also where its correction was credited by hand', () => {
    const days = 'Studio, 2026-04-05 to 2026-04-30 (26 of 30 days)';
    const line = { adjusts_period: null, adjusts_key: null, deployment_id: 'd1', resource_kind: null, amount_cents: 1 };
    const lines = [
      { ...line, line_key: 'd1/base/studio@1/2026-04-05', description: days },
      {
        ...line,
        line_key: 'adjustment/2026-04/d1/base/studio@1/2026-04-05',
        description: `Adjustment for 2026-04: ${days}`,
      },
    ];
    expect(cellsOf(creditNoteDocument(note({ lines }))).map(([text]) => text)).toEqual([
      'Studio, 5–30 April 2026 (26 of 30 days)',
      'Adjustment for April 2026: Studio, 5–30 April 2026 (26 of 30 days)',
    ]);
  });

  test('a credit note names months in words, also in its reason and in an adjustment that was credited by hand', () => {
    const line = {
      line_key: 'adjustment/2026-03/1',
      adjusts_period: null,
      adjusts_key: null,
      deployment_id: null,
      resource_kind: null,
      description: 'Adjustment for 2026-03: Studio',
      amount_cents: 5,
    };
    const document = creditNoteDocument(note({ reason: 'Usage or terms of 2026-04 were corrected', lines: [line] }));
    expect(cellsOf(document).map(([text]) => text)).toEqual(['Adjustment for March 2026: Studio']);
    const [reason] = document.sections.flatMap((section) => (section.type === 'text' ? section.block.lines : []));
    expect(reason).toBe('Usage or terms of April 2026 were corrected');
  });

  test('a quote shows until when it holds, and is no tax invoice', () => {
    const tax = {
      name: 'GST',
      rate: '0.1',
      registration_number: null,
      is_inclusive: false,
      rounding: 'half_up' as const,
    };
    const line = {
      key: 'manual/1',
      kind: 'manual' as const,
      deployment_id: null,
      resource_kind: null,
      description: 'Setup',
      qty: '1',
      unit: 'piece',
      unit_price_cents: '5000',
      amount_cents: 5000,
      meta: {},
    };
    const input = {
      period: '2026-05',
      currency: 'AUD',
      tax,
      deployments: [],
      fallback_prices: [],
      other_lines: [line],
    };
    const document = quoteDocument({
      quote_id: '11111111-2222-3333-4444-555555555555',
      created_at: '2026-04-20T00:00:00Z',
      valid_until: '2026-05-20',
      period: '2026-05',
      plan_code: 'studio',
      plan_version: 2,
      output: rate(input),
      is_tax_inclusive: false,
      addons: new Map(),
      supplier,
      customer,
    });
    expect(document.title).toBe('Quote');
    expect(document.facts).toContainEqual(['Valid until', '20 May 2026']);
    expect(document.facts).toContainEqual(['Your reference', 'PO 1']);
    expect(totalsOf(document)).toEqual([
      ['Subtotal', '$50.00'],
      ['GST 10 %', '$5.00'],
      ['Total of the month (incl. tax)', '$55.00'],
    ]);
  });

  test('a statement begins with what was brought forward, ends with the balance, and sorts what is due by age', () => {
    const ageing = ageingOf([
      { due_cents: 1, overdue_days: 0 },
      { due_cents: 10, overdue_days: 1 },
      { due_cents: 100, overdue_days: 30 },
      { due_cents: 1000, overdue_days: 31 },
      { due_cents: 10_000, overdue_days: 90 },
      { due_cents: 100_000, overdue_days: 91 },
    ]);
    expect(ageing).toEqual({ not_due: 1, to_30: 110, to_60: 1000, to_90: 10_000, older: 100_000 });
    const document = statementDocument({
      supplier,
      customer,
      from: '2026-04-01',
      to: '2026-06-30',
      currency: 'AUD',
      opening_cents: 1000,
      closing_cents: 800,
      entries: [
        {
          kind: 'invoice',
          at: '2026-05-01T03:00:00Z',
          number: 'INV-1',
          detail: null,
          due_on: '2026-05-15',
          amount_cents: 500,
          balance_cents: 1500,
        },
        {
          kind: 'payment',
          at: '2026-05-10T00:00:00Z',
          number: 'INV-1',
          detail: 'bank 7',
          due_on: null,
          amount_cents: -700,
          balance_cents: 800,
        },
      ],
      ageing: ageingOf([{ due_cents: 1000, overdue_days: 40 }]),
      dues: [{ due_cents: 1000, due_on: '2026-05-21', overdue_days: 40 }],
      open_credit_cents: 200,
      prepaid: null,
    });
    expect(cellsOf(document)).toEqual([
      ['1 April 2026', 'Balance brought forward', '', '', '$10.00'],
      ['1 May 2026', 'Invoice INV-1, due 15 May 2026', '$5.00', '', '$15.00'],
      ['10 May 2026', 'Payment of INV-1, bank 7', '', '$7.00', '$8.00'],
    ]);
    expect(totalsOf(document)).toEqual([
      ['Overdue 31 to 60 days', '$10.00'],
      ['Open credit', '-$2.00'],
      ['Balance on 30 June 2026', '$8.00'],
    ]);
    expect(paymentOf(document)).toEqual([
      'Amount: $8.00 AUD',
      'Payment reference: acme',
      'Due at once: $8.00, overdue since 21 May 2026',
    ]);
  });

  const due = (due_on: string, due_cents: number, overdue_days: number) => ({ due_on, due_cents, overdue_days });
  test.each([
    ['one invoice that is not overdue', [due('2026-07-15', 500, -15)], 0, ['Due by: 15 July 2026']],
    [
      'several days, in their order',
      [due('2026-08-15', 200, -46), due('2026-07-15', 500, -15), due('2026-07-15', 1, -15)],
      0,
      ['Due by 15 July 2026: €5.01', 'Due by 15 August 2026: €2.00'],
    ],
    [
      'what is overdue in one line, after open credit was taken off the earliest',
      [due('2026-07-15', 500, -15), due('2026-05-15', 300, 46), due('2026-06-15', 900, 15)],
      400,
      ['Due at once: €8.00, overdue since 15 June 2026', 'Due by 15 July 2026: €5.00'],
    ],
  ])('a statement names when its balance is due: %s', (_, dues, credit, lines) => {
    const closing = dues.reduce((sum, { due_cents }) => sum + due_cents, -credit);
    const document = statementDocument({
      supplier,
      customer,
      from: '2026-06-01',
      to: '2026-06-30',
      currency: 'EUR',
      opening_cents: closing,
      closing_cents: closing,
      entries: [],
      ageing: ageingOf(dues),
      dues,
      open_credit_cents: credit,
      prepaid: null,
    });
    expect(paymentOf(document).slice(2)).toEqual(lines);
  });
});
