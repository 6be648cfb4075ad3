import { describe, expect, test } from 'vitest';
import type { Document } from './document.ts';
import { type InvoiceDocument, invoiceDocument } from './invoice-document.ts';
import type { InvoiceStanding } from './invoice-standing.ts';

const standing: InvoiceStanding = {
  status: 'issued',
  issue_at: '2026-05-01T03:00:00Z',
  paid: null,
  voided: null,
  payments: [],
  credit_notes: [],
};

const bank7 = { at: '2026-05-10T00:00:00Z', reference: 'bank 7', amount_cents: 1000 };
const note = { number: 'CN-000001', issued_at: '2026-05-12T00:00:00Z', total_cents: 500, applied_cents: 500 };
const paid = { at: '2026-05-20T00:00:00Z', reference: 'bank 8' };
const voided = { at: '2026-05-03T09:00:00Z', reason: 'wrong buyer', replaced_by: { number: 'INV-000002' } };

const drawn = (of: Partial<InvoiceStanding>, fields: Partial<InvoiceDocument> = {}): Document =>
  invoiceDocument({
    number: 'INV-000001',
    issued_at: '2026-05-01T03:00:00Z',
    due_on: '2026-05-15',
    period: '2026-04',
    currency: 'AUD',
    supplier: {
      name: 'Arcadia',
      address: ['1 High St'],
      registration_number: '53 004 085 616',
      country: 'AU',
      payment_details: ['BSB 123-456'],
    },
    customer: { name: 'Acme', address: [], registration_number: null },
    lines: [],
    subtotal_cents: 5000,
    tax_cents: 500,
    total_cents: 5500,
    is_tax_inclusive: false,
    output_hash: 'abc',
    deployment_names: {},
    addons: new Map(),
    replaces: null,
    applied_credit: [],
    isWithoutBill: false,
    standing: { ...standing, ...of },
    ...fields,
  });

/** The totals below the total of the invoice. */
const since = ({ sections }: Document): string[][] =>
  sections
    .flatMap((section) => (section.type === 'totals' ? section.rows.map(({ label, amount }) => [label, amount]) : []))
    .slice(2);

const paymentOf = ({ sections }: Document): string[] =>
  sections.flatMap((section) =>
    section.type === 'text' && section.block.label === 'How to pay' ? section.block.lines : [],
  );

const factOf = ({ facts }: Document, name: string): string | undefined => facts.find(([label]) => label === name)?.[1];

describe('invoicing: the PDF of an invoice shows what has become of it', () => {
  test('an invoice to which nothing happened is the one that was issued', () => {
    const document = drawn({});
    expect(document).toEqual(drawn({ issue_at: null }));
    expect([document.title, document.notice, document.mark, factOf(document, 'Status')]).toEqual([
      'Tax invoice',
      null,
      null,
      undefined,
    ]);
    expect(paymentOf(document)).toContain('Amount: $55.00 AUD');
  });

  test('a void invoice is marked on every page, names its reason and successor, and asks for no payment', () => {
    const document = drawn({ status: 'void', voided });
    expect([document.title, document.name, document.mark]).toEqual(['Void tax invoice', 'INV-000001 (void)', 'VOID']);
    expect(document.notice).toEqual({
      title: 'Voided on 3 May 2026: do not pay',
      lines: ['Reason: wrong buyer', 'It is replaced by invoice INV-000002.'],
    });
    expect(since(document)).toEqual([
      ['Voided on 3 May 2026', '-$55.00'],
      ['Amount due', '$0.00'],
    ]);
    expect([paymentOf(document), factOf(document, 'Due')]).toEqual([[], undefined]);
  });

  test.each([
    ['an invoice that is not issued yet', { number: null }, ['It is replaced by an invoice that is not issued yet.']],
    ['no invoice', null, []],
  ])('a void invoice that is replaced by %s names no number', (_, replaced_by, lines) => {
    const document = drawn({ status: 'void', voided: { ...voided, replaced_by } });
    expect(document.notice?.lines).toEqual(['Reason: wrong buyer', ...lines]);
  });

  test('a paid invoice names its payments, and nothing is due', () => {
    const payments = [bank7, { ...paid, amount_cents: 4500 }];
    const document = drawn({ status: 'paid', paid, payments });
    expect(document.notice).toEqual({
      title: 'Paid: nothing is due',
      lines: ['Paid on 10 May 2026: bank 7', 'Paid on 20 May 2026: bank 8'],
    });
    expect(since(document)).toEqual([
      ['Paid on 10 May 2026 (bank 7)', '-$10.00'],
      ['Paid on 20 May 2026 (bank 8)', '-$45.00'],
      ['Amount due', '$0.00'],
    ]);
    expect([paymentOf(document), factOf(document, 'Status')]).toEqual([[], 'Paid']);
  });

  test('an invoice that was paid before payments were kept has nothing due either', () => {
    expect(since(drawn({ status: 'paid', paid })).at(-1)).toEqual(['Amount due', '$0.00']);
  });

  test('an invoice that credit settled names no payment', () => {
    const settled = { at: '2026-05-12T00:00:00Z', reference: 'Settled by credit' };
    const credit_notes = [{ ...note, total_cents: 5500, applied_cents: 5500 }];
    const document = drawn({ status: 'paid', paid: settled, credit_notes });
    expect(document.notice).toEqual({
      title: 'Settled: nothing is due',
      lines: ['Settled by credit, 12 May 2026', 'Credit note CN-000001 of 12 May 2026 takes $55.00 off it.'],
    });
    expect([paymentOf(document), since(document).at(-1)]).toEqual([[], ['Amount due', '$0.00']]);
  });

  test('an invoice that money paid in part, and credit the rest, names both', () => {
    const settled = { at: '2026-05-12T00:00:00Z', reference: 'Settled by credit' };
    const credit_notes = [{ ...note, total_cents: 4500, applied_cents: 4500 }];
    const document = drawn({ status: 'paid', paid: settled, payments: [bank7], credit_notes });
    expect(document.notice).toEqual({
      title: 'Paid: nothing is due',
      lines: [
        'Paid on 10 May 2026: bank 7',
        'The rest was settled by credit on 12 May 2026.',
        'Credit note CN-000001 of 12 May 2026 takes $45.00 off it.',
      ],
    });
    expect(since(document).at(-1)).toEqual(['Amount due', '$0.00']);
  });

  test('a partly paid invoice asks for the rest alone', () => {
    const document = drawn({ payments: [bank7] });
    expect(document.notice).toEqual({
      title: 'Partly paid: $45.00 is still due',
      lines: ['$10.00 of it is paid.'],
    });
    expect(paymentOf(document)).toContain('Amount: $45.00 AUD');
    expect(since(document).at(-1)).toEqual(['Amount due', '$45.00']);
  });

  test('a credit note lowers what is due, or is named alone where the invoice was paid before', () => {
    const credited = drawn({ credit_notes: [note] });
    expect(credited.notice).toEqual({
      title: 'Credited in part: $50.00 is still due',
      lines: ['Credit note CN-000001 of 12 May 2026 takes $5.00 off it.'],
    });
    expect(since(credited)).toEqual([
      ['Credit note CN-000001', '-$5.00'],
      ['Amount due', '$50.00'],
    ]);
    const after = drawn({
      status: 'paid',
      paid,
      payments: [{ ...paid, amount_cents: 5500 }],
      credit_notes: [{ ...note, applied_cents: 0 }],
    });
    expect(after.notice?.lines).toEqual([
      'Paid on 20 May 2026: bank 8',
      'Credit note CN-000001 of 12 May 2026 takes $5.00 off it.',
    ]);
    expect(since(after)).toHaveLength(2);
  });

  test('a draft is no tax invoice, has no number and asks for no payment', () => {
    const document = drawn({ status: 'draft' }, { number: null, issued_at: null, due_on: null });
    expect([document.title, document.name, document.mark, document.createdAt]).toEqual([
      'Draft invoice',
      'Draft of April 2026',
      'DRAFT',
      '2026-05-01T03:00:00Z',
    ]);
    expect(document.notice).toEqual({
      title: 'Draft: not a tax invoice',
      lines: [
        'Nothing is due on this draft, and it may still change.',
        'It will be issued, with a number, on 1 May 2026.',
      ],
    });
    expect([paymentOf(document), factOf(document, 'Number'), since(document)]).toEqual([[], undefined, []]);
    const ended = drawn({ status: 'void', voided }, { number: null, issued_at: null, due_on: null });
    expect([ended.title, ended.mark]).toEqual(['Void draft invoice', 'VOID']);
  });
});
