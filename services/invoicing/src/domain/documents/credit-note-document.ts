import { dayName, formatMoney, monthName } from '@arcadia/contracts';
import type { Document, Total } from './document.ts';
import { amountHead, isTaxDocument, knownFacts, type Parties, partyBlocks } from './frame.ts';
import { type AddonWords, keyWords } from './line-words.ts';

/** The fields of a credit note that its PDF shows; none but `uses` changes after it is issued. */
export type CreditNoteDocument = Parties & {
  number: string;
  issued_at: string;
  /** The credited invoice; null: what the lines of a month came to below zero. */
  invoice: { number: string; issued_at: string } | null;
  period: string;
  currency: string;
  reason: string;
  lines: CreditedLine[];
  net_cents: number;
  tax_cents: number;
  total_cents: number;
  tax_label: string;
  is_tax_inclusive: boolean;
  deployment_names: Readonly<Record<string, string>>;
  addons: AddonWords;
  /** Of the event that published it; a proof compares the tables with that event. */
  content_hash: string;
  uses: CreditUses;
};

/** What has become of the credit: the parts that lowered invoices, what was paid back, and what is open. */
export type CreditUses = {
  applied: { number: string; amount_cents: number }[];
  refunded: { at: string; reference: string; amount_cents: number } | null;
  open_cents: number;
};

export type CreditedLine = {
  line_key: string;
  adjusts_period: string | null;
  adjusts_key: string | null;
  deployment_id: string | null;
  resource_kind: string | null;
  description: string;
  amount_cents: number;
};

/** A credit note as a document. In Australia a credit note with tax is an adjustment note. */
export const creditNoteDocument = (note: CreditNoteDocument): Document => {
  const isTax = isTaxDocument(note, note.tax_cents);
  const isAdjustment = isTax && (note.supplier.country ?? 'AU') === 'AU';
  return {
    title: isAdjustment ? 'Adjustment note (credit note)' : 'Credit note',
    name: note.number,
    createdAt: note.issued_at,
    author: note.supplier.name,
    parties: partyBlocks(note, 'Credit to'),
    facts: knownFacts([
      ['Number', note.number],
      ['Issued', dayName(note.issued_at)],
      ['Invoice', note.invoice?.number],
      ['Invoice date', note.invoice === null ? null : dayName(note.invoice.issued_at)],
      ['Period', monthName(note.period)],
      ['Your reference', note.customer.buyer_reference],
      ['Account', note.customer.tenant_id],
      ['Currency', note.currency],
    ]),
    sections: [
      { type: 'text', block: { label: 'Reason', lines: [reasonOf(note)] } },
      {
        type: 'table',
        heading: null,
        columns: [
          { head: 'Description', align: 'left', width: null },
          { head: 'Deployment', align: 'left', width: 120 },
          {
            head: amountHead(note, { cents: note.tax_cents, isInclusive: note.is_tax_inclusive }),
            align: 'right',
            width: 96,
          },
        ],
        groups: [{ heading: null, rows: note.lines.map((line) => rowOf(line, note)), subtotal: null }],
        isOnNewPage: false,
      },
      { type: 'totals', rows: totalsOf(note) },
      { type: 'text', block: { label: 'What happens with this credit', lines: usesOf(note) } },
    ],
    foot: `Proof: credit-note.issued has the SHA-256 ${note.content_hash}`,
  };
};

const usesOf = ({ uses: { applied, refunded, open_cents: open }, currency }: CreditNoteDocument): string[] => {
  const money = (cents: number): string => formatMoney(cents, currency);
  return [
    ...applied.map(({ number, amount_cents }) => `${money(amount_cents)} lowers what is due on invoice ${number}.`),
    ...(refunded === null
      ? []
      : [`${money(refunded.amount_cents)} was paid back on ${dayName(refunded.at)}: ${refunded.reference}`]),
    ...(open === 0 ? [] : [`${money(open)} is taken off the next invoice, or paid back on request.`]),
  ];
};

const reasonOf = ({ invoice, period, reason }: CreditNoteDocument): string =>
  invoice === null
    ? `The lines of ${monthName(period)} come to less than zero. What its invoice does not use of them is credited here.`
    : reason.replace(/(?<=^Usage or terms of )\d{4}-\d{2}(?= were corrected$)/, (month) => monthName(month));

const rowOf = (line: CreditedLine, note: CreditNoteDocument) => {
  const { adjusts_key: key } = line;
  // A line that was credited by hand has the month of its adjustment in its description alone.
  const period = line.adjusts_period ?? /^Adjustment for (\d{4}-\d{2}): /.exec(line.description)?.[1] ?? null;
  const of = period === null ? line.description : line.description.replace(`Adjustment for ${period}: `, '');
  const words = keyWords({ ...line, line_key: key ?? line.line_key, description: of }, note.addons);
  const name = line.deployment_id === null ? '' : (note.deployment_names[line.deployment_id] ?? line.deployment_id);
  const text = period === null ? words : `Adjustment for ${monthName(period)}: ${words}`;
  return { cells: [text, name, formatMoney(line.amount_cents, note.currency)], note: null };
};

const totalsOf = (note: CreditNoteDocument): Total[] => {
  const row = (label: string, cents: number, isEmphasised = false): Total => ({
    label,
    amount: formatMoney(cents, note.currency),
    isEmphasised,
  });
  return [
    row('Subtotal', note.net_cents),
    ...(note.tax_cents === 0 ? [] : [row(note.tax_label, note.tax_cents)]),
    row('Total credit', note.total_cents, true),
  ];
};
