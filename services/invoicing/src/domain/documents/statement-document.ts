import { dayName, formatMoney, formatMoneyNamed, monthName } from '@arcadia/contracts';
import type { Document, Row, Section } from './document.ts';
import { knownFacts, type Parties, partyBlocks, paymentBlock } from './frame.ts';

/** An entry on a tenant's account: what it changed, and the balance after it. */
export type StatementEntry = {
  kind: 'invoice' | 'void' | 'credit_note' | 'payment' | 'refund';
  at: string;
  number: string;
  detail: string | null;
  due_on: string | null;
  amount_cents: number;
  balance_cents: number;
};

/** What is due, by how long it is overdue on the day of the statement. */
export type Ageing = { not_due: number; to_30: number; to_60: number; to_90: number; older: number };

/** What was due on an invoice on the day of the statement. `overdue_days` is 0 or less while the last day for payment has not passed. */
export type Due = { due_cents: number; due_on: string; overdue_days: number };

/** Sorts what is due by how long it is overdue. */
export const ageingOf = (due: readonly Omit<Due, 'due_on'>[]): Ageing => {
  const ageing: Ageing = { not_due: 0, to_30: 0, to_60: 0, to_90: 0, older: 0 };
  for (const { due_cents: cents, overdue_days: days } of due) {
    const age = days <= 0 ? 'not_due' : days <= 30 ? 'to_30' : days <= 60 ? 'to_60' : days <= 90 ? 'to_90' : 'older';
    ageing[age] += cents;
  }
  return ageing;
};

/** The fields of a statement of account. */
export type StatementDocument = Parties & {
  /** First and last UTC day of the statement. */
  from: string;
  to: string;
  currency: string;
  opening_cents: number;
  closing_cents: number;
  /** Oldest first. */
  entries: StatementEntry[];
  ageing: Ageing;
  dues: Due[];
  open_credit_cents: number;
  /** Prepaid credit until the end of the last day; null: the tenant never had any. */
  prepaid: PrepaidStatement | null;
};

/** A change of prepaid credit, and what is left after it. */
export type PrepaidEntry = {
  kind: 'granted' | 'paid' | 'draw' | 'expiry' | 'withdrawal';
  at: string;
  name: string;
  /** Of a payment in advance. */
  reference: string | null;
  /** Of a draw: the invoice, which has no number while it is a draft, and its month. */
  drawn_by: { number: string | null; period: string } | null;
  amount_cents: number;
  balance_cents: number;
};

export type PrepaidStatement = { opening_cents: number; entries: PrepaidEntry[] };

/** A statement of account as a document. Its file carries the end of its last day. */
export const statementDocument = (statement: StatementDocument): Document => {
  const { from, to, currency, customer } = statement;
  return {
    title: 'Statement of account',
    name: `Statement of ${customer.tenant_id ?? customer.name}, ${dayName(from)} to ${dayName(to)}`,
    createdAt: `${to}T23:59:59Z`,
    author: statement.supplier.name,
    parties: partyBlocks(statement, 'Account of'),
    facts: knownFacts([
      ['From', dayName(from)],
      ['To', dayName(to)],
      ['Account', customer.tenant_id],
      ['Currency', currency],
    ]),
    sections: [
      {
        type: 'table',
        heading: null,
        columns: [
          { head: 'Date', align: 'left', width: 88 },
          { head: 'Entry', align: 'left', width: null },
          { head: 'Charged', align: 'right', width: 66 },
          { head: 'Paid or credited', align: 'right', width: 66 },
          { head: 'Balance', align: 'right', width: 66 },
        ],
        groups: [{ heading: null, rows: rowsOf(statement), subtotal: null }],
        isOnNewPage: false,
      },
      {
        type: 'totals',
        rows: [
          ...ageingRows(statement),
          {
            label: `Balance on ${dayName(to)}`,
            amount: formatMoney(statement.closing_cents, currency),
            isEmphasised: true,
          },
        ],
      },
      ...payOf(statement),
      ...prepaidOf(statement),
    ],
    foot: 'A positive balance is due to the supplier, a negative one to the customer.',
  };
};

/** How to pay what is due; nothing where the customer owes nothing. */
const payOf = (statement: StatementDocument): Section[] => {
  const { closing_cents: cents, currency, customer } = statement;
  if (cents <= 0) return [];
  const amount = formatMoneyNamed(cents, currency);
  const due = { reference: customer.tenant_id ?? customer.name, amount, when: whenDue(statement) };
  return [{ type: 'text', block: paymentBlock(statement, due) }];
};

/** When the parts of the balance are due: what is overdue in one line, then each later day. Open credit is taken off the earliest first. */
const whenDue = ({ dues, currency, open_credit_cents }: StatementDocument): string[] => {
  let credit = open_credit_cents;
  const open = dues
    .toSorted((a, b) => (a.due_on < b.due_on ? -1 : 1))
    .map((due) => {
      const covered = Math.min(credit, Math.max(due.due_cents, 0));
      credit -= covered;
      return { ...due, due_cents: due.due_cents - covered };
    })
    .filter(({ due_cents }) => due_cents > 0);
  const money = (rows: readonly Due[]): string =>
    formatMoney(
      rows.reduce((sum, { due_cents }) => sum + due_cents, 0),
      currency,
    );
  const overdue = open.filter(({ overdue_days }) => overdue_days > 0);
  const days = [...Map.groupBy(open.slice(overdue.length), ({ due_on }) => due_on)];
  const [first] = overdue;
  if (first === undefined && days.length === 1) return days.map(([day]) => `Due by: ${dayName(day)}`);
  return [
    ...(first === undefined ? [] : [`Due at once: ${money(overdue)}, overdue since ${dayName(first.due_on)}`]),
    ...days.map(([day, rows]) => `Due by ${dayName(day)}: ${money(rows)}`),
  ];
};

const words: Readonly<Record<StatementEntry['kind'], string>> = {
  invoice: 'Invoice',
  void: 'Void invoice',
  credit_note: 'Credit note',
  payment: 'Payment of',
  refund: 'Refund of',
};

const rowsOf = ({ from, currency, opening_cents, entries }: StatementDocument): Row[] => {
  const money = (cents: number): string => formatMoney(cents, currency);
  const opening = { cells: [dayName(from), 'Balance brought forward', '', '', money(opening_cents)], note: null };
  return [
    opening,
    ...entries.map(({ kind, at, number, detail, due_on, amount_cents: amount, balance_cents }) => ({
      cells: [
        dayName(at),
        [
          `${words[kind]} ${number}`,
          ...(due_on === null ? [] : [`due ${dayName(due_on)}`]),
          ...(detail === null ? [] : [detail]),
        ].join(', '),
        amount >= 0 ? money(amount) : '',
        amount < 0 ? money(-amount) : '',
        money(balance_cents),
      ],
      note: null,
    })),
  ];
};

/** Prepaid credit with what was added to it and what became of it; nothing where there was none in the time of the statement. */
const prepaidOf = ({ prepaid, from, currency }: StatementDocument): Section[] => {
  if (prepaid === null || (prepaid.opening_cents === 0 && prepaid.entries.length === 0)) return [];
  const money = (cents: number): string => formatMoney(cents, currency);
  const opening = { cells: [dayName(from), 'Brought forward', '', '', money(prepaid.opening_cents)], note: null };
  const rows = prepaid.entries.map((entry) => {
    const { at, amount_cents: amount, balance_cents } = entry;
    const [added, taken] = amount >= 0 ? [money(amount), ''] : ['', money(-amount)];
    return { cells: [dayName(at), prepaidText(entry), added, taken, money(balance_cents)], note: null };
  });
  return [
    {
      type: 'table',
      heading: 'Prepaid credit',
      columns: [
        { head: 'Date', align: 'left', width: 88 },
        { head: 'Entry', align: 'left', width: null },
        { head: 'Added', align: 'right', width: 66 },
        { head: 'Drawn or ended', align: 'right', width: 66 },
        { head: 'Left', align: 'right', width: 66 },
      ],
      groups: [{ heading: null, rows: [opening, ...rows], subtotal: null }],
      isOnNewPage: false,
    },
    {
      type: 'text',
      block: {
        label: 'About prepaid credit',
        lines: ['It is not part of the balance above: the invoices to come draw it before anything is due on them.'],
      },
    },
  ];
};

const prepaidText = ({ kind, name, reference, drawn_by: by }: PrepaidEntry): string => {
  if (kind === 'granted') return `Granted: ${name}`;
  if (kind === 'paid') return `Paid in advance: ${name}${reference === null ? '' : `, ${reference}`}`;
  if (kind === 'expiry') return `Expired: ${name}`;
  if (kind === 'withdrawal') return `Withdrawn: ${name}`;
  const invoice = by?.number ?? 'a draft';
  return `Drawn by ${invoice}${by === null ? '' : ` for ${monthName(by.period)}`}: ${name}`;
};

const ageingRows = ({ ageing, open_credit_cents, currency }: StatementDocument) => {
  const all: [string, number][] = [
    ['Not due yet', ageing.not_due],
    ['Overdue up to 30 days', ageing.to_30],
    ['Overdue 31 to 60 days', ageing.to_60],
    ['Overdue 61 to 90 days', ageing.to_90],
    ['Overdue more than 90 days', ageing.older],
    ['Open credit', -open_credit_cents],
  ];
  return all
    .filter(([, cents]) => cents !== 0)
    .map(([label, cents]) => ({ label, amount: formatMoney(cents, currency), isEmphasised: false }));
};
