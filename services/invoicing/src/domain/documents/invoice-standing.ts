import { dayName, formatMoney } from '@arcadia/contracts';
import type { Notice } from './document.ts';

/** The state of an invoice: what was paid, credited or voided since it was made. Its lines and totals never change. */
export type InvoiceStanding = {
  status: 'draft' | 'issued' | 'paid' | 'void';
  /** When a draft is issued, an instant; null where that is not known. */
  issue_at: string | null;
  paid: { at: string; reference: string } | null;
  voided: { at: string; reason: string; replaced_by: Successor | null } | null;
  /** Oldest first. */
  payments: { at: string; reference: string; amount_cents: number }[];
  /** Credit notes on the invoice itself, with what each lowers the amount due by: nothing if the invoice was paid before. */
  credit_notes: { number: string; issued_at: string; total_cents: number; applied_cents: number }[];
};

/** The invoice that replaces a void one; without a number while it is a draft. */
type Successor = { number: string | null };

type Given = { standing: InvoiceStanding; currency: string; due_cents: number };

/** The word by which a document names the state; null for an invoice that was issued, and nothing happened since. */
export const standingWord = ({ status, payments, credit_notes }: InvoiceStanding): string | null => {
  if (status === 'draft') return 'Draft';
  if (status === 'void') return 'Void';
  // Without payments credit settled it, or it came to nothing.
  if (status === 'paid') return payments.length === 0 ? 'Settled' : 'Paid';
  if (payments.length > 0) return 'Partly paid';
  return credit_notes.length > 0 ? 'Credited in part' : null;
};

/** The word across each page of a document that must not be paid; null for one that may be. */
export const standingMark = ({ status }: InvoiceStanding): string | null =>
  status === 'void' ? 'VOID' : status === 'draft' ? 'DRAFT' : null;

/** The notice of the state, at the top of the first page; null where there is nothing to note. */
export const standingNotice = ({ standing, currency, due_cents }: Given): Notice | null => {
  const word = standingWord(standing);
  if (word === null) return null;
  const { status, voided, issue_at: issueAt } = standing;
  const money = (cents: number): string => formatMoney(cents, currency);
  const credited = standing.credit_notes.map(
    ({ number, issued_at, total_cents }) =>
      `Credit note ${number} of ${dayName(issued_at)} takes ${money(total_cents)} off it.`,
  );
  if (status === 'draft')
    return {
      title: 'Draft: not a tax invoice',
      lines: [
        'Nothing is due on this draft, and it may still change.',
        ...(issueAt === null ? [] : [`It will be issued, with a number, on ${dayName(issueAt)}.`]),
      ],
    };
  if (voided !== null)
    return {
      title: `Voided on ${dayName(voided.at)}: do not pay`,
      lines: [`Reason: ${voided.reason}`, ...successorText(voided.replaced_by)],
    };
  if (status === 'paid') return { title: `${word}: nothing is due`, lines: [...paidText(standing), ...credited] };
  const paid = standing.payments.reduce((sum, { amount_cents }) => sum + amount_cents, 0);
  const isPaid = paid === 0 ? [] : [`${money(paid)} of it is paid.`];
  return { title: `${word}: ${money(due_cents)} is still due`, lines: [...isPaid, ...credited] };
};

const successorText = (successor: Successor | null): string[] => {
  if (successor === null) return [];
  return [
    successor.number === null
      ? 'It is replaced by an invoice that is not issued yet.'
      : `It is replaced by invoice ${successor.number}.`,
  ];
};

/** Without payments credit settled it, or it came to nothing: the reference names which. After payments credit settled the rest. */
const paidText = ({ paid, payments }: InvoiceStanding): string[] => {
  if (paid === null) return [];
  const day = dayName(paid.at);
  if (payments.length === 0) return [`${paid.reference}, ${day}`];
  const isLast = payments.some(
    ({ at, reference }) => reference === paid.reference && Temporal.Instant.compare(at, paid.at) === 0,
  );
  return [
    ...payments.map(({ at, reference }) => `Paid on ${dayName(at)}: ${reference}`),
    ...(isLast ? [] : [`The rest was settled by credit on ${day}.`]),
  ];
};

/** What was taken off the amount due since the issue, as rows of the totals: label and minor units. */
export const settlements = ({ standing, due_cents: due }: Given): [label: string, cents: number][] => {
  const { status, voided, payments, credit_notes } = standing;
  if (status === 'draft') return [];
  if (voided !== null) return [[`Voided on ${dayName(voided.at)}`, due]];
  const rows: [string, number][] = [
    ...credit_notes.map(({ number, applied_cents }): [string, number] => [`Credit note ${number}`, applied_cents]),
    ...payments.map(({ at, reference, amount_cents }): [string, number] => [
      `Paid on ${dayName(at)} (${reference})`,
      amount_cents,
    ]),
  ].filter(([, cents]) => cents !== 0);
  const rest = rows.reduce((left, [, cents]) => left - cents, due);
  // An invoice that was paid before payments were kept one by one.
  return status === 'paid' && rest > 0 ? [...rows, ['Paid', rest]] : rows;
};
