import { formatMinor, formatUnitPrice, invoicing } from '@arcadia/contracts';
import { chargeModels } from '../rating/charge-models/registry.ts';
import type { Customer, Party } from './party.ts';

const { chargeModel } = invoicing;

/** The fields of an invoice that its PDF shows; none of them changes after it is issued. */
export type InvoiceDocument = {
  number: string;
  issued_at: string;
  due_on: string;
  period: string;
  currency: string;
  supplier: Party;
  customer: Customer;
  lines: DocumentLine[];
  subtotal_cents: number;
  tax_cents: number;
  total_cents: number;
  is_tax_inclusive: boolean;
};

export type DocumentLine = {
  kind: string;
  description: string;
  qty: string;
  unit: string;
  unit_price_cents: string;
  amount_cents: number;
  meta: Record<string, unknown>;
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Explains an overage: the quantity used, the quantity included, and the prices of the rest. */
const explanation = ({ kind, meta }: DocumentLine, currency: string): string | null => {
  if (kind !== 'overage') return null;
  const model = chargeModel.safeParse(meta.charge_model);
  const rule = model.success ? chargeModels[model.data].explain({ overage_unit: text(meta.overage_unit) }) : '';
  const tiers = Array.isArray(meta.tiers) ? (meta.tiers as { qty: string; unit_price_cents: string }[]) : [];
  const parts = tiers.map(({ qty, unit_price_cents }) => `${qty} at ${formatUnitPrice(unit_price_cents, currency)}`);
  const by = parts.length === 0 ? '' : `; ${parts.join(', ')}`;
  return `${text(meta.used)} used - ${text(meta.included)} included = ${text(meta.over)} over, ${rule}${by}`;
};

/** A decimal cut to four places, for reading; the exact one is in the JSON. */
const shortened = (decimal: string): string => decimal.replace(/(\.\d{4})\d+$/, '$1');

const party = (title: string, { name, address, registration_number }: Party): object[] => [
  { text: title, style: 'label' },
  { text: name, bold: true },
  ...address.map((line) => ({ text: line })),
  ...(registration_number === null ? [] : [{ text: `ABN ${registration_number}` }]),
];

const lineRow = (line: DocumentLine, currency: string): object[] => {
  const explained = explanation(line, currency);
  return [
    { stack: [{ text: line.description }, ...(explained === null ? [] : [{ text: explained, style: 'small' }])] },
    { text: `${shortened(line.qty)} ${line.unit}`, alignment: 'right' },
    { text: formatUnitPrice(line.unit_price_cents, currency), alignment: 'right' },
    { text: formatMinor(line.amount_cents, currency), alignment: 'right' },
  ];
};

const registrationOf = (tax: InvoiceDocument['customer']['tax']): object[] =>
  tax === undefined || tax.registration_number === null
    ? []
    : [{ text: `${tax.name} registration ${tax.registration_number}`, style: 'small', margin: [0, 12, 0, 0] }];

/** The invoice as a pdfmake document. Its creation date is the date of issue, so that an invoice always has the same bytes. */
export const documentOf = (invoice: InvoiceDocument): { content: object[]; [setting: string]: unknown } => {
  const { currency } = invoice;
  const money = (cents: number): string => `${formatMinor(cents, currency)} ${currency}`;
  const billed = invoice.lines.filter(({ kind }) => kind !== 'tax');
  const tax = invoice.lines.find(({ kind }) => kind === 'tax');
  const sums: [string, string][] = [
    ['Subtotal', money(invoice.subtotal_cents)],
    [tax?.description ?? 'Tax', money(invoice.tax_cents)],
    ['Total', money(invoice.total_cents)],
  ];
  const issued = new Date(invoice.issued_at);
  return {
    info: {
      title: `Tax invoice ${invoice.number}`,
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
      text: `${invoice.number}, page ${page} of ${pages}`,
      alignment: 'center',
      style: 'small',
      margin: [0, 20, 0, 0],
    }),
    content: [
      { text: 'Tax invoice', fontSize: 18, bold: true, margin: [0, 0, 0, 12] },
      { columns: [party('From', invoice.supplier), party('To', invoice.customer)], margin: [0, 0, 0, 12] },
      {
        columns: [
          `Number ${invoice.number}`,
          `Issued ${invoice.issued_at.slice(0, 10)}`,
          `Due ${invoice.due_on}`,
          `Period ${invoice.period}`,
        ],
        margin: [0, 0, 0, 12],
      },
      {
        table: {
          headerRows: 1,
          widths: ['*', 'auto', 'auto', 'auto'],
          body: [
            ['Description', 'Quantity', `Unit price (${currency})`, `Amount (${currency})`].map((head) => ({
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
      ...registrationOf(invoice.customer.tax),
    ],
  };
};
