import { describe, expect, test } from 'vitest';
import type { Document } from './document.ts';
import { addonWords, type InvoiceDocument, invoiceDocument } from './invoice-document.ts';
import type { DocumentLine } from './line-words.ts';

const line = (fields: Partial<DocumentLine>): DocumentLine => ({
  kind: 'plan_base',
  deployment_id: 'd1',
  resource_kind: null,
  description: 'Studio',
  qty: '1',
  unit: 'month',
  unit_price_cents: '5000',
  amount_cents: 5000,
  meta: {},
  ...fields,
});

const overage = (fields: Partial<DocumentLine> = {}, meta: DocumentLine['meta'] = {}): DocumentLine =>
  line({
    kind: 'overage',
    resource_kind: 'droplet_hours',
    description: 'Overage droplet_hours: 2160 used, 1488 included',
    qty: '672',
    unit: 'hour',
    unit_price_cents: '1',
    amount_cents: 672,
    meta: { charge_model: 'standard', included: '1488', over: '672', overage_unit: '1', used: '2160', ...meta },
    ...fields,
  });

const gst = line({ kind: 'tax', deployment_id: null, description: 'GST 10 %', unit: 'invoice', amount_cents: 642 });

const invoice = (fields: Partial<InvoiceDocument> = {}): InvoiceDocument => ({
  number: 'INV-000001',
  issued_at: '2026-05-01T03:00:00Z',
  due_on: '2026-05-15',
  period: '2026-04',
  currency: 'AUD',
  supplier: { name: 'Arcadia', address: ['1 High St'], registration_number: '53 004 085 616', country: 'AU' },
  customer: { name: 'Acme', address: [], registration_number: null, tax: { name: 'GST', registration_number: null } },
  lines: [line({}), overage(), gst],
  subtotal_cents: 5672,
  tax_cents: 567,
  total_cents: 6239,
  is_tax_inclusive: false,
  output_hash: 'abc',
  deployment_names: { d1: 'Shop', d2: 'Blog' },
  addons: new Map(),
  replaces: null,
  applied_credit: [],
  isWithoutBill: false,
  ...fields,
});

type Table = Extract<Document['sections'][number], { type: 'table' }>;
const tablesOf = ({ sections }: Document): Table[] => sections.filter((section) => section.type === 'table');
const rowsOf = (document: Document): string[][] =>
  tablesOf(document).flatMap(({ groups }) => groups.flatMap(({ rows }) => rows.map(({ cells }) => cells)));
const totalsOf = ({ sections }: Document): string[][] =>
  sections.flatMap((section) =>
    section.type === 'totals' ? section.rows.map(({ label, amount }) => [label, amount]) : [],
  );

const address = ['1 High St'];

describe('invoicing: the invoice as a document', () => {
  test.each<[string, string, Partial<InvoiceDocument>]>([
    ['Tax invoice', 'its supplier is registered and there is tax', {}],
    ['Invoice', 'the tax is zero', { tax_cents: 0 }],
    ['Invoice', 'its supplier has no number', { supplier: { name: 'A', address, registration_number: null } }],
    ['Invoice', 'the number is blank', { supplier: { name: 'A', address, registration_number: ' ' } }],
    ['Invoice', 'its supplier has no address', { supplier: { name: 'A', address: [], registration_number: '1' } }],
    ['Invoice', 'the address is blank', { supplier: { name: 'A', address: [' '], registration_number: '1' } }],
    ['Invoice', 'its supplier has no name', { supplier: { name: ' ', address, registration_number: '1' } }],
    [
      'Tax invoice',
      'its supplier is registered for the tax of the customer’s country alone',
      {
        supplier: { name: 'A', address, registration_number: null },
        customer: {
          name: 'B',
          address: [],
          registration_number: null,
          tax: { name: 'VAT', registration_number: 'GB1' },
        },
      },
    ],
  ])('it is called "%s" when %s', (title, _, fields) => {
    expect(invoiceDocument(invoice(fields)).title).toBe(title);
  });

  test('its lines are words with amounts in the currency, below the name of their deployment', () => {
    const document = invoiceDocument(invoice());
    expect(rowsOf(document)).toEqual([
      ['Studio', '1 month', '$50.00', '$50.00'],
      ['Droplet hours above the 1,488 included', '672 hours', '$0.01', '$6.72'],
    ]);
    expect(tablesOf(document)[0]?.groups[0]?.heading).toBe('Shop');
    expect(totalsOf(document)).toEqual([
      ['Subtotal', '$56.72'],
      ['GST 10 %', '$5.67'],
      ['Total', '$62.39'],
    ]);
  });

  test.each([
    ['AUD', '$15.00', '$0.015'],
    ['JPY', '¥1,500', '¥1.5'],
    ['BIF', 'BIF 1,500', 'BIF 1.5'],
    ['KWD', 'KWD 1.500', 'KWD 0.0015'],
    ['LYD', 'LYD 1.500', 'LYD 0.0015'],
  ])('1500 minor units of %s are printed as %s, and a unit price of 1.5 of them as %s', (currency, amount, price) => {
    const lines = [overage({ unit_price_cents: '1.5', amount_cents: 1500 })];
    const [row] = rowsOf(invoiceDocument(invoice({ currency, lines })));
    expect(row?.slice(2).map((text) => text.replaceAll(' ', ' '))).toEqual([price, amount]);
  });

  test('an addon is what it adds, a price per million is one, and a correction names its month and both amounts', () => {
    const addons = addonWords({
      deployments: [
        {
          deployment_id: 'd1',
          usage: [],
          subscriptions: [
            {
              subscription_id: 's',
              starts_at: '2026-04-01T00:00:00Z',
              ends_at: null,
              trial_ends_at: null,
              plans: [],
              pauses: [],
              addons: [
                {
                  addon_id: 'a',
                  code: 'storage_50gb',
                  kind: 'spaces_gb_month',
                  qty: '50',
                  price_cents: 750,
                  quantity: 1,
                  starts_at: '2026-04-01T00:00:00Z',
                  ends_at: null,
                },
              ],
            },
          ],
        },
      ],
    });
    const lines = [
      line({
        kind: 'addon',
        description: 'Addon: storage_50gb, 2026-04-01 to 2026-04-10 (10 of 30 days)',
        qty: '0.333333333333',
        meta: { addon: 'storage_50gb' },
      }),
      overage(
        { resource_kind: 'llm_input_tokens', qty: '2000000', unit: 'token', unit_price_cents: '0.0004' },
        { included: '0', overage_unit: '1000000', overage_price_cents: '400' },
      ),
      overage(
        { resource_kind: 'llm_input_tokens', qty: '3', unit: 'package of 1000 token', unit_price_cents: '40' },
        { included: '0', charge_model: 'package', overage_unit: '1000' },
      ),
      line({
        kind: 'adjustment',
        resource_kind: 'droplet_hours',
        description:
          'Adjustment for 2026-03: Overage droplet_hours: 2160 used, 1488 included (from 2026-03-16, 16 of 31 days)',
        meta: {
          adjusts_period: '2026-03',
          adjusts_key: 'd1/overage/droplet_hours/2026-03-01',
          old_cents: 672,
          new_cents: 0,
        },
        amount_cents: -672,
      }),
    ];
    const [table] = tablesOf(invoiceDocument(invoice({ lines, addons })));
    expect(table?.groups[0]?.rows.map(({ cells }) => cells[1])).toEqual([
      '10 of 30 days',
      '2,000,000 tokens',
      '3 packages of 1,000 tokens',
      '',
    ]);
    expect(table?.groups[0]?.rows.map(({ cells, note }) => [cells[0], cells[2], note])).toEqual([
      ['Addon: 50 GB of storage, 1–10 April 2026 (10 of 30 days)', '$50.00', null],
      ['LLM input tokens', '$4.00 per 1,000,000', '2,160 used, 0 included, 672 charged'],
      ['LLM input tokens', '$0.40', '2,160 used, 0 included, 672 charged; each started 1,000 is charged whole'],
      [
        'Adjustment for March 2026: Droplet hours above the 1,488 included (from 16 March 2026, 16 of 31 days)',
        '',
        'was $6.72, is now $0.00',
      ],
    ]);
  });

  test('several of an addon are not several months, and each adds what it did when it was attached', () => {
    const attached = { kind: 'spaces_gb_month', code: 'storage', price_cents: 750, ends_at: null };
    const ids = { starts_at: '2026-04-01T00:00:00Z', ends_at: null, trial_ends_at: null, plans: [], pauses: [] };
    const addons = addonWords({
      deployments: [
        {
          deployment_id: 'd1',
          usage: [],
          subscriptions: [
            {
              ...ids,
              subscription_id: 's',
              addons: [
                { ...attached, addon_id: 'a1', qty: '50', quantity: 2, starts_at: ids.starts_at },
                { ...attached, addon_id: 'a2', qty: '60', quantity: 3, starts_at: '2026-04-20T00:00:00Z' },
              ],
            },
          ],
        },
      ],
    });
    const addon = (addon_id: string, qty: string, days = '') =>
      line({ kind: 'addon', description: `Addon: storage${days}`, qty, meta: { addon: 'storage', addon_id } });
    const lines = [
      addon('a1', '1'),
      addon('a1', '2'),
      addon('a2', '1.161290322581', ', 2026-05-20 to 2026-05-31 (12 of 31 days)'),
      addon('a2', '1.354838709677', ', 2026-05-01 to 2026-05-31 (3 of 31 days)'),
    ];
    const [table] = tablesOf(invoiceDocument(invoice({ lines, addons })));
    expect(table?.groups[0]?.rows.map(({ cells }) => cells.slice(0, 2))).toEqual([
      ['Addon: 50 GB of storage', '1 month'],
      ['Addon: 50 GB of storage', '2 × 1 month'],
      ['Addon: 60 GB of storage, 20–31 May 2026 (12 of 31 days)', '3 × 12 of 31 days'],
      ['Addon: 60 GB of storage, 1–31 May 2026 (3 of 31 days)', '14 × 3 of 31 days'],
    ]);
  });

  test.each([
    ['Overage droplet_hours g-*: 35 used, 10 included', 'Droplet hours (g-*) above the 10 included'],
    ['Overage droplet_hours, other sizes: 8 used, 10 included', 'Droplet hours (other sizes) above the 10 included'],
    [
      'Overage droplet_hours s-1: 8 used, 10 of 20 included (from 2026-04-16, 15 of 30 days)',
      'Droplet hours (s-1) above the 10 included (from 16 April 2026, 15 of 30 days)',
    ],
  ])('%s is printed as %s, also where it is corrected', (description, text) => {
    const own = overage({ description }, { included: '10' });
    const correction = line({
      kind: 'adjustment',
      resource_kind: 'droplet_hours',
      description: `Adjustment for 2026-03: ${description}`,
      meta: {
        adjusts_period: '2026-03',
        adjusts_key: 'd1/overage/droplet_hours x/2026-03-01',
        old_cents: 1,
        new_cents: 0,
      },
    });
    const texts = rowsOf(invoiceDocument(invoice({ lines: [own, correction] }))).map(([first]) => first);
    expect(texts).toEqual([text, `Adjustment for March 2026: ${text}`]);
  });

  test('with many deployments a summary comes first, and the details begin on another page', () => {
    const names = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`d${index}`, `App ${index}`]));
    const lines = Object.keys(names).flatMap((id) => [line({ deployment_id: id }), overage({ deployment_id: id })]);
    const account = line({ kind: 'manual', deployment_id: null, description: 'Support' });
    const document = invoiceDocument(invoice({ lines: [...lines, account], deployment_names: names }));
    const [summary, details] = tablesOf(document);
    expect(summary?.groups[0]?.rows).toHaveLength(61);
    expect(summary?.groups[0]?.rows.at(-1)?.cells).toEqual(['Whole account', '1', '$50.00']);
    expect(details).toMatchObject({ isOnNewPage: true });
    expect(details?.groups[1]).toMatchObject({
      heading: 'App 1',
      subtotal: { label: 'Subtotal App 1', amount: '$56.72' },
    });
    expect(document.sections.map(({ type }) => type)).toEqual(['totals', 'text', 'table', 'table']);
  });

  test('credit that was applied lowers what is due, and an invoice with nothing due asks for no payment', () => {
    const document = invoiceDocument(invoice({ applied_credit: [{ number: 'CN-000001', amount_cents: 6239 }] }));
    expect(totalsOf(document).slice(-2)).toEqual([
      ['Credit CN-000001', '-$62.39'],
      ['Amount due', '$0.00'],
    ]);
    expect(JSON.stringify(document)).not.toContain('How to pay');
    expect(document.facts.map(([label]) => label)).not.toContain('Due');
  });

  test('an invoice without the bill of the provider names the bill before it asks for payment', () => {
    const { sections } = invoiceDocument(invoice({ isWithoutBill: true }));
    expect(sections.at(-2)).toEqual({
      type: 'text',
      block: {
        label: 'Not yet billed',
        lines: [
          "The provider's bill of April 2026 is not known yet. What it charges follows as an adjustment on a later invoice.",
        ],
      },
    });
  });
});
