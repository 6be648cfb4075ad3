import type { EventData, invoicing } from '@arcadia/contracts';
import { creditTax } from '../invoices/credit-tax.ts';
import { taxOn, totalOf } from '../rating/tax.ts';
import type { TaxPolicy } from '../rating/terms.ts';
import type { PublishedInvoice } from './prove-invoice.ts';

export type PublishedNote = EventData<typeof invoicing.creditNoteIssued>;

/** The credit notes of a tenant's month in the order of their publication, with the invoices that they may credit. */
export type PublishedCredits = {
  notes: readonly PublishedNote[];
  /** Every invoice of the month that was issued, void ones too, by id. */
  invoices: ReadonlyMap<string, PublishedInvoice>;
  /** How the tenant is taxed; null if no terms were published. */
  tax: TaxPolicy | null;
};

type Credited = { netCents: number; taxCents: number };

/** Lists what is wrong with the published credit notes of a month, one sentence each: sums, tax, and the invoices that they correct. */
export const proveCreditNotes = ({ notes, invoices, tax }: PublishedCredits): string[] => {
  const credited = new Map<string, Credited>();
  return notes.flatMap((note) => {
    const sum = note.lines.reduce((total, { amount_cents }) => total + amount_cents, 0);
    const faults =
      sum === note.net_cents ? [] : [`Its lines add up to ${sum}, and its net_cents is ${note.net_cents}.`];
    if (note.net_cents <= 0) faults.push(`Its net_cents is ${note.net_cents}, which is no credit.`);
    if (note.invoice_id === null)
      faults.push(...faultsOfTax(note, tax === null ? null : taxOn(note.net_cents, tax), tax));
    else faults.push(...faultsOfCorrection(note, invoices.get(note.invoice_id), { credited, tax }));
    return faults.map((fault) => `Credit note ${note.number}: ${fault}`);
  });
};

const faultsOfCorrection = (
  note: PublishedNote,
  invoice: PublishedInvoice | undefined,
  { credited, tax }: { credited: Map<string, Credited>; tax: TaxPolicy | null },
): string[] => {
  if (invoice === undefined)
    return [`It credits the invoice ${note.invoice_id}, which was not issued for ${note.period}.`];
  const before = credited.get(invoice.invoice_id) ?? { netCents: 0, taxCents: 0 };
  const after = { netCents: before.netCents + note.net_cents, taxCents: before.taxCents + note.tax_cents };
  credited.set(invoice.invoice_id, after);
  const whole = { subtotalCents: invoice.subtotal_cents, taxCents: invoice.tax_cents };
  const faults = faultsOfTax(note, tax === null ? null : creditTax(whole, before, note.net_cents, tax), tax);
  if (note.currency !== invoice.currency)
    faults.push(`It is in ${note.currency}, and the invoice is in ${invoice.currency}.`);
  if (after.netCents > invoice.subtotal_cents) {
    const all = `together with those before it credits ${after.netCents}`;
    faults.push(`It ${all}, more than the ${invoice.subtotal_cents} of invoice ${invoice.number}.`);
  }
  const foreign = new Set(invoice.lines.filter(({ kind }) => kind === 'tax').map(({ line_id }) => line_id));
  for (const { line_id } of note.lines)
    if (foreign.has(line_id))
      faults.push(`It credits the tax line ${line_id}; tax is returned with the lines it is on.`);
  return faults;
};

const faultsOfTax = (note: PublishedNote, expected: number | null, tax: TaxPolicy | null): string[] => {
  if (expected === null || tax === null) return [];
  const total = totalOf(note.net_cents, expected, tax);
  return [
    ...(note.tax_cents === expected ? [] : [`Its tax_cents is ${note.tax_cents}; its lines give ${expected}.`]),
    ...(note.total_cents === total ? [] : [`Its total_cents is ${note.total_cents}; its lines give ${total}.`]),
  ];
};
