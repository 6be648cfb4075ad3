import { formatMinor } from '@arcadia/contracts';

/** An invoice as it goes on paper: everything on it, nothing that changes afterwards. */
export type InvoicePaper = {
  number: string;
  issued_at: string;
  due_on: string;
  period: string;
  currency: string;
  supplier: Party;
  customer: Party & { tax?: { name: string; registration_number: string | null } };
  lines: PaperLine[];
  subtotal_cents: number;
  tax_cents: number;
  total_cents: number;
  is_tax_inclusive: boolean;
};

export type Party = { name: string; address: string[]; registration_number: string | null };

export type PaperLine = {
  kind: string;
  description: string;
  qty: string;
  unit: string;
  unit_price_cents: string;
  amount_cents: number;
  meta: Record<string, unknown>;
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** How an overage came about: what was used, what is included, and by which prices the rest was counted. */
const explanation = ({ kind, meta }: PaperLine): string | null => {
  if (kind !== 'overage') return null;
  const tiers = Array.isArray(meta.tiers) ? (meta.tiers as { qty: string; unit_price_cents: string }[]) : [];
  const by =
    tiers.length === 0 ? '' : `; ${tiers.map((tier) => `${tier.qty} at ${tier.unit_price_cents} c`).join(', ')}`;
  return `${text(meta.used)} used - ${text(meta.included)} included = ${text(meta.over)} over, ${text(meta.charge_model)} per ${text(meta.overage_unit)}${by}`;
};

/** Digits of a quantity that a person reads; the exact one is in the JSON. */
const shortened = (decimal: string): string => decimal.replace(/(\.\d{4})\d+$/, '$1');

const party = (title: string, { name, address, registration_number }: Party): object[] => [
  { text: title, style: 'label' },
  { text: name, bold: true },
  ...address.map((line) => ({ text: line })),
  ...(registration_number === null ? [] : [{ text: `ABN ${registration_number}` }]),
];

const lineRow = (line: PaperLine, currency: string): object[] => {
  const explained = explanation(line);
  return [
    { stack: [{ text: line.description }, ...(explained === null ? [] : [{ text: explained, style: 'small' }])] },
    { text: `${shortened(line.qty)} ${line.unit}`, alignment: 'right' },
    { text: `${shortened(line.unit_price_cents)} c`, alignment: 'right' },
    { text: formatMinor(line.amount_cents, currency), alignment: 'right' },
  ];
};

const registrationOf = (tax: InvoicePaper['customer']['tax']): object[] =>
  tax === undefined || tax.registration_number === null
    ? []
    : [{ text: `${tax.name} registration ${tax.registration_number}`, style: 'small', margin: [0, 12, 0, 0] }];

/** The paper as a pdfmake document. Its creation date is the invoice's, so that the same invoice is the same bytes. */
export const documentOf = (paper: InvoicePaper): { content: object[]; [setting: string]: unknown } => {
  const { currency } = paper;
  const money = (cents: number): string => `${formatMinor(cents, currency)} ${currency}`;
  const billed = paper.lines.filter(({ kind }) => kind !== 'tax');
  const tax = paper.lines.find(({ kind }) => kind === 'tax');
  const sums: [string, string][] = [
    ['Subtotal', money(paper.subtotal_cents)],
    [tax?.description ?? 'Tax', money(paper.tax_cents)],
    ['Total', money(paper.total_cents)],
  ];
  const issued = new Date(paper.issued_at);
  return {
    info: {
      title: `Tax invoice ${paper.number}`,
      creator: 'Arcadia Cloud',
      producer: 'Arcadia Cloud',
      creationDate: issued,
      modDate: issued,
    },
    pageSize: 'A4',
    pageMargins: [48, 48, 48, 56],
    defaultStyle: { font: 'Roboto', fontSize: 9 },
    styles: {
      label: { fontSize: 8, color: '#666666' },
      small: { fontSize: 7, color: '#666666' },
      head: { bold: true },
    },
    footer: (page: number, pages: number) => ({
      text: `${paper.number}, page ${page} of ${pages}`,
      alignment: 'center',
      style: 'small',
      margin: [0, 20, 0, 0],
    }),
    content: [
      { text: 'Tax invoice', fontSize: 18, bold: true, margin: [0, 0, 0, 12] },
      { columns: [party('From', paper.supplier), party('To', paper.customer)], margin: [0, 0, 0, 12] },
      {
        columns: [
          `Number ${paper.number}`,
          `Issued ${paper.issued_at.slice(0, 10)}`,
          `Due ${paper.due_on}`,
          `Period ${paper.period}`,
        ],
        margin: [0, 0, 0, 12],
      },
      {
        table: {
          headerRows: 1,
          widths: ['*', 'auto', 'auto', 'auto'],
          body: [
            ['Description', 'Quantity', 'Unit price', `Amount (${currency})`].map((head) => ({
              text: head,
              style: 'head',
            })),
            ...billed.map((line) => lineRow(line, currency)),
          ],
        },
        layout: 'lightHorizontalLines',
      },
      {
        margin: [0, 12, 0, 0],
        columns: [
          { width: '*', text: '' },
          {
            width: 'auto',
            table: {
              body: sums.map(([name, amount]) => [
                { text: name, bold: name === 'Total' },
                { text: amount, alignment: 'right', bold: name === 'Total' },
              ]),
            },
            layout: 'noBorders',
          },
        ],
      },
      ...registrationOf(paper.customer.tax),
    ],
  };
};
