import { expect, test } from 'vitest';
import { type PrepaidEntry, type PrepaidStatement, statementDocument } from './statement-document.ts';

const drawn = (prepaid: PrepaidStatement | null) => {
  const { sections } = statementDocument({
    supplier: { name: 'Arcadia', address: [], registration_number: null },
    customer: { name: 'Acme', address: [], registration_number: null, tenant_id: 'acme' },
    from: '2026-04-01',
    to: '2026-06-30',
    currency: 'AUD',
    opening_cents: 0,
    closing_cents: 0,
    entries: [],
    ageing: { not_due: 0, to_30: 0, to_60: 0, to_90: 0, older: 0 },
    dues: [],
    open_credit_cents: 0,
    prepaid,
  });
  return sections.flatMap((section) =>
    section.type === 'table' && section.heading === 'Prepaid credit'
      ? section.groups.flatMap(({ rows }) => rows.map(({ cells }) => cells))
      : [],
  );
};

const entry = (fields: Partial<PrepaidEntry>): PrepaidEntry => ({
  kind: 'paid',
  at: '2026-04-02T00:00:00Z',
  name: 'Top-up',
  reference: null,
  drawn_by: null,
  amount_cents: 3000,
  balance_cents: 3000,
  ...fields,
});

test('a statement shows prepaid credit from its purchase or grant to its draws and its end', () => {
  const by = { number: 'INV-000007', period: '2026-04' };
  const entries = [
    entry({ reference: 'bank 1', balance_cents: 3500 }),
    entry({ kind: 'granted', name: 'Start', amount_cents: 1000, balance_cents: 4500 }),
    entry({ kind: 'draw', at: '2026-05-01T00:00:00Z', drawn_by: by, amount_cents: -2500, balance_cents: 2000 }),
    entry({
      kind: 'draw',
      at: '2026-06-01T00:00:00Z',
      drawn_by: { number: null, period: '2026-05' },
      amount_cents: -500,
      balance_cents: 1500,
    }),
    entry({ kind: 'expiry', name: 'Start', at: '2026-06-01T00:00:00Z', amount_cents: -1000, balance_cents: 500 }),
    entry({ kind: 'withdrawal', at: '2026-06-02T00:00:00Z', amount_cents: -500, balance_cents: 0 }),
  ];
  expect(drawn({ opening_cents: 500, entries })).toEqual([
    ['1 April 2026', 'Brought forward', '', '', '$5.00'],
    ['2 April 2026', 'Paid in advance: Top-up, bank 1', '$30.00', '', '$35.00'],
    ['2 April 2026', 'Granted: Start', '$10.00', '', '$45.00'],
    ['1 May 2026', 'Drawn by INV-000007 for April 2026: Top-up', '', '$25.00', '$20.00'],
    ['1 June 2026', 'Drawn by a draft for May 2026: Top-up', '', '$5.00', '$15.00'],
    ['1 June 2026', 'Expired: Start', '', '$10.00', '$5.00'],
    ['2 June 2026', 'Withdrawn: Top-up', '', '$5.00', '$0.00'],
  ]);
});

test.each([null, { opening_cents: 0, entries: [] }])(
  'a statement without prepaid credit does not name it: %o',
  (prepaid) => {
    expect(drawn(prepaid)).toEqual([]);
  },
);
