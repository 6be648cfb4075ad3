import { dayName, formatMoney, formatMoneyNamed, monthName } from '@arcadia/contracts';
import type { KeptInput } from '../rating/kept-input.ts';
import type { Column, Document, Group, Section, TextBlock, Total } from './document.ts';
import { amountHead, isTaxDocument, knownFacts, type Parties, partyBlocks, paymentBlock } from './frame.ts';
import { type InvoiceStanding, settlements, standingMark, standingNotice, standingWord } from './invoice-standing.ts';
import { type AddonWords, type DocumentLine, lineWords } from './line-words.ts';

/** The fields of an invoice that its PDF shows; none but `standing` changes after it is issued. */
export type InvoiceDocument = Parties & {
  /** Null: of a draft, as are the instant of issue and the last day for payment. */
  number: string | null;
  issued_at: string | null;
  due_on: string | null;
  period: string;
  currency: string;
  lines: DocumentLine[];
  subtotal_cents: number;
  tax_cents: number;
  total_cents: number;
  is_tax_inclusive: boolean;
  /** Of the rating that made it; a proof derives the same one from the streams. */
  output_hash: string;
  deployment_names: Readonly<Record<string, string>>;
  addons: AddonWords;
  /** Number of the void invoice that it replaces; null if there is none. */
  replaces: string | null;
  /** Credit that was applied when it was issued. */
  applied_credit: { number: string; amount_cents: number }[];
  /** Whether it was made although the provider's bill was not known. */
  isWithoutBill: boolean;
  /** Paid credit that it draws. */
  prepaid?: { name: string; amount_cents: number }[];
  /** What has become of it; absent: it was issued, and nothing happened since. */
  standing?: InvoiceStanding;
};

const asIssued: InvoiceStanding = {
  status: 'issued',
  issue_at: null,
  paid: null,
  voided: null,
  payments: [],
  credit_notes: [],
};

/** What each addon on an invoice adds, as it was attached: an addon that was changed since adds another quantity elsewhere. */
export const addonWords = ({ deployments }: Pick<KeptInput, 'deployments'>): AddonWords =>
  new Map(
    deployments.flatMap(({ subscriptions }) =>
      subscriptions.flatMap(({ addons }) =>
        addons.flatMap(({ addon_id, code, kind, qty }) => [
          [code, { kind, qty }] as const,
          [addon_id, { kind, qty }] as const,
        ]),
      ),
    ),
  );

/** From this number of deployments on, the sums and a summary of the deployments come first. */
const summaryFrom = 8;

/**
 * An invoice as a document: as it was issued, with a notice of what has become of it since. Its file carries the time of issue, so that
 * an invoice in the same state always has the same bytes (docs/decisions/0113-the-paper-of-an-invoice-shows-its-present-state.md).
 */
export const invoiceDocument = (invoice: InvoiceDocument): Document => {
  const groups = groupsOf(invoice);
  const isLong = groups.length >= summaryFrom;
  const { standing = asIssued } = invoice;
  const state = { standing, currency: invoice.currency };
  const dueAtIssue = invoice.total_cents - appliedTo(invoice);
  const since = settlements({ ...state, due_cents: dueAtIssue });
  const due = since.reduce((left, [, cents]) => left - cents, dueAtIssue);
  const isPayable = standing.status === 'issued' && due > 0;
  const details: Section = {
    type: 'table',
    heading: isLong ? 'Details' : null,
    columns: detailColumns(invoice),
    groups: groups.map(({ group }) => group),
    isOnNewPage: isLong,
  };
  const totals: Section = { type: 'totals', rows: totalsOf(invoice, since) };
  const notice: Section[] = invoice.isWithoutBill ? [{ type: 'text', block: withoutBillBlock(invoice) }] : [];
  const pay: Section[] = isPayable ? [{ type: 'text', block: howToPay(invoice, due) }] : [];
  const mark = standingMark(standing);
  const name = invoice.number ?? `Draft of ${monthName(invoice.period)}`;
  return {
    title: titleOf(invoice, standing),
    name: mark === 'VOID' ? `${name} (void)` : name,
    createdAt: invoice.issued_at ?? standing.issue_at ?? `${invoice.period}-01T00:00:00Z`,
    author: invoice.supplier.name,
    parties: partyBlocks(invoice, 'Bill to'),
    facts: factsOf(invoice, { isPayable, standing }),
    notice: standingNotice({ ...state, due_cents: due }),
    mark,
    sections: isLong
      ? [totals, ...notice, ...pay, summaryOf(invoice, groups), details]
      : [details, totals, ...notice, ...pay],
    foot: `Proof: the lines have the SHA-256 ${invoice.output_hash}`,
  };
};

const titleOf = (invoice: InvoiceDocument, { status }: InvoiceStanding): string => {
  if (invoice.number === null) return status === 'void' ? 'Void draft invoice' : 'Draft invoice';
  const title = isTaxDocument(invoice, invoice.tax_cents) ? 'Tax invoice' : 'Invoice';
  return status === 'void' ? `Void ${title.toLowerCase()}` : title;
};

const howToPay = (invoice: InvoiceDocument, due: number): TextBlock =>
  paymentBlock(invoice, {
    reference: invoice.number ?? '',
    amount: formatMoneyNamed(due, invoice.currency),
    when: invoice.due_on === null ? [] : [`Due by: ${dayName(invoice.due_on)}`],
  });

const withoutBillBlock = ({ period }: InvoiceDocument) => ({
  label: 'Not yet billed',
  lines: [
    `The provider's bill of ${monthName(period)} is not known yet. What it charges follows as an adjustment on a later invoice.`,
  ],
});

const appliedTo = ({ applied_credit, prepaid = [] }: InvoiceDocument): number =>
  [...applied_credit, ...prepaid].reduce((sum, { amount_cents }) => sum + amount_cents, 0);

const factsOf = (
  { number, issued_at, due_on, period, currency, customer, replaces }: InvoiceDocument,
  { isPayable, standing }: { isPayable: boolean; standing: InvoiceStanding },
): Document['facts'] =>
  knownFacts([
    ['Number', number],
    ['Status', standingWord(standing)],
    ['Issued', issued_at === null ? null : dayName(issued_at)],
    ['Due', isPayable && due_on !== null ? dayName(due_on) : null],
    ['Period', monthName(period)],
    ['Your reference', customer.buyer_reference],
    ['Account', customer.tenant_id],
    ['Currency', currency],
    ['Replaces', replaces],
  ]);

const totalsOf = (invoice: InvoiceDocument, since: readonly [label: string, cents: number][]): Total[] => {
  const {
    subtotal_cents: subtotal,
    tax_cents: tax,
    total_cents: total,
    applied_credit: applied,
    prepaid = [],
  } = invoice;
  const row = (label: string, cents: number, isEmphasised = false): Total => ({
    label,
    amount: formatMoney(cents, invoice.currency),
    isEmphasised,
  });
  const taxLine = invoice.lines.find(({ kind }) => kind === 'tax');
  const due = since.reduce((left, [, cents]) => left - cents, total - appliedTo(invoice));
  return [
    row('Subtotal', subtotal),
    ...(taxLine === undefined ? [] : [row(taxLine.description, tax)]),
    row('Total', total, true),
    ...prepaid.map(({ name, amount_cents }) => row(`Prepaid: ${name}`, -amount_cents)),
    ...applied.map(({ number, amount_cents }) => row(`Credit ${number}`, -amount_cents)),
    ...since.map(([label, cents]) => row(label, -cents)),
    ...(applied.length + prepaid.length + since.length === 0 ? [] : [row('Amount due', due, true)]),
  ];
};

type NamedGroup = { name: string; cents: number; lines: number; group: Group };

/** The lines by deployment, in the order of their names; what belongs to the whole account comes last. */
const groupsOf = (invoice: InvoiceDocument): NamedGroup[] => {
  const billed = invoice.lines.filter(({ kind }) => kind !== 'tax');
  const nameOf = (id: string | null): string => (id === null ? 'Whole account' : (invoice.deployment_names[id] ?? id));
  const byDeployment = [...Map.groupBy(billed, ({ deployment_id }) => deployment_id)].map(([id, lines]) => ({
    id,
    name: nameOf(id),
    lines,
  }));
  byDeployment.sort(
    (a, b) =>
      Number(a.id === null) - Number(b.id === null) || compare(a.name, b.name) || compare(a.id ?? '', b.id ?? ''),
  );
  return byDeployment.map(({ name, lines }): NamedGroup => {
    const cents = lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0);
    const amount = formatMoney(cents, invoice.currency);
    const subtotal = byDeployment.length === 1 ? null : { label: `Subtotal ${name}`, amount };
    return {
      name,
      cents,
      lines: lines.length,
      group: { heading: name, rows: lines.map((line) => rowOf(line, invoice)), subtotal },
    };
  });
};

/** `App 2` before `App 10`; in one language, so that the order does not depend on that of the machine. */
const { compare } = new Intl.Collator('en', { numeric: true });

const rowOf = (line: DocumentLine, given: Pick<InvoiceDocument, 'currency' | 'addons'>): Group['rows'][number] => {
  const { text, note, quantity, price, amount } = lineWords(line, given);
  return { cells: [text, quantity, price, amount], note };
};

const headOf = (invoice: InvoiceDocument): string =>
  amountHead(invoice, { cents: invoice.tax_cents, isInclusive: invoice.is_tax_inclusive });

const detailColumns = (invoice: InvoiceDocument): Column[] => [
  { head: 'Description', align: 'left', width: null },
  { head: 'Quantity', align: 'right', width: 84 },
  { head: 'Unit price', align: 'right', width: 84 },
  { head: headOf(invoice), align: 'right', width: 92 },
];

const summaryOf = (invoice: InvoiceDocument, groups: readonly NamedGroup[]): Section => ({
  type: 'table',
  heading: 'Summary',
  columns: [
    { head: 'Deployment', align: 'left', width: null },
    { head: 'Lines', align: 'right', width: 60 },
    { head: headOf(invoice), align: 'right', width: 110 },
  ],
  groups: [
    {
      heading: null,
      rows: groups.map(({ name, cents, lines }) => ({
        cells: [name, String(lines), formatMoney(cents, invoice.currency)],
        note: null,
      })),
      subtotal: null,
    },
  ],
  isOnNewPage: false,
});
