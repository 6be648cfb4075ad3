import { formatMinor } from '@arcadia/contracts';
import { table } from 'table';
import type { Report } from './report.ts';

/** The report as text for a terminal. */
export const printReport = (report: Report): string =>
  [
    ...report.invoices.map(invoiceTable),
    providerLine(report),
    monthTable(report),
    tenantLines(report),
    driftTable(report),
    sagaLines(report),
    access(report),
  ]
    .filter((part) => part !== '')
    .join('\n');

/** Lines of an invoice that are printed; the API has all of them. */
const printedLines = 40;

const invoiceTable = (invoice: Report['invoices'][number]): string => {
  const money = (amount: number): string => formatMinor(amount, invoice.currency);
  const lines = invoice.lines.filter(({ kind }) => kind !== 'tax');
  const others = lines.slice(printedLines);
  const rows = lines
    .slice(0, printedLines)
    .map((line) => [line.description, trimmed(line.qty), line.unit, money(line.amount_cents)]);
  if (others.length > 0) {
    const sum = others.reduce((total, { amount_cents }) => total + amount_cents, 0);
    rows.push([`${others.length} other lines`, '', '', money(sum)]);
  }
  const totals = [
    ['Subtotal', '', '', money(invoice.subtotal_cents)],
    ['Tax', '', '', money(invoice.tax_cents)],
    ['Total', '', invoice.currency, money(invoice.total_cents)],
  ];
  const title = `Invoice ${invoice.number ?? '(draft)'}  ·  ${invoice.tenant_id}  ·  ${invoice.status}`;
  const drawn = table([['', 'Quantity', 'Unit', 'Amount'], ...rows, ...totals], {
    columns: { 0: { width: 52, wrapWord: true }, 1: { alignment: 'right' }, 3: { alignment: 'right' } },
    drawHorizontalLine: (line, count) => [0, 1, count - 3, count - 1, count].includes(line),
  });
  return `\n${title}\n${drawn}`;
};

/** A quantity with at most six decimals, for display; the API has the exact quantity. */
const trimmed = (quantity: string): string =>
  quantity.replace(/(\.\d{6})\d+$/, '$1').replace(/\.?0+$/, (zeros) => (zeros.includes('.') ? '' : zeros));

const providerLine = ({ provider_invoice: bill }: Report): string => {
  if (bill === null) return 'There is no provider invoice yet.';
  const usd = (amount: number): string => `${formatMinor(amount, 'USD')} USD`;
  return `Cost: the provider's invoice of ${bill.period} is ${usd(bill.gross_cents)} (${usd(bill.net_cents)} and ${usd(bill.tax_cents)} tax); ${bill.matched} of its ${bill.lines} lines are matched to resources.`;
};

/** An amount with its currency; a dash where it is not known yet. */
const known = (amount: number | null, currency: string | null): string =>
  amount === null ? '–' : `${formatMinor(amount, currency ?? 'AUD')} ${currency ?? ''}`.trimEnd();

/** Revenue, cost and margin of the closed months, for a world that is played for more than one. */
const monthTable = ({ months }: Report): string => {
  if (months.length < 2) return '';
  const rows = months.map(({ period, currency, revenue_cents, cost_cents, margin_cents }) => [
    period,
    known(revenue_cents, currency),
    known(cost_cents, currency),
    known(margin_cents, currency),
  ]);
  return `\n${table([['Month', 'Revenue', 'Cost', 'Margin'], ...rows], {
    columns: { 1: { alignment: 'right' }, 2: { alignment: 'right' }, 3: { alignment: 'right' } },
    drawHorizontalLine: (line, count) => [0, 1, count].includes(line),
  })}`;
};

const tenantLines = ({ months, tenants }: Report): string =>
  months.length < 2
    ? ''
    : tenants
        .map(({ tenant_id, period, currency, revenue_cents, cost_cents, margin_cents }) => {
          const [revenue, cost, margin] = [revenue_cents, cost_cents, margin_cents].map((each) =>
            known(each, currency),
          );
          const word = margin_cents === null ? 'has no known cost' : margin_cents < 0 ? 'loses money' : 'earns money';
          return `Tenant ${tenant_id} ${word} in ${period}: revenue ${revenue}, cost ${cost}, margin ${margin}`;
        })
        .join('\n');

const driftTable = ({ drift }: Report): string =>
  drift.length === 0
    ? 'No drift: all resources match their desired state.'
    : `Drift:\n${drift.map((row) => `  ${row.resource}: ${row.field} is ${JSON.stringify(row.actual)}, expected ${JSON.stringify(row.expected)}`).join('\n')}`;

const sagaLines = ({ sagas }: Report): string =>
  sagas
    .map(
      ({ kind, status, steps }) =>
        `Saga ${kind}: ${status} (${steps.map(({ name, status: step }) => `${name} ${step}`).join(', ')})`,
    )
    .join('\n');

const access = ({ gateway, tokens }: Report): string =>
  [
    '',
    `Gateway:  ${gateway}   documentation: ${gateway}/docs`,
    '',
    'Operator:',
    `  curl -H 'Authorization: Bearer ${tokens.operator}' ${gateway}/api/v1/inventory`,
    ...Object.entries(tokens.tenants).flatMap(([tenant, token]) => [
      `Tenant ${tenant}:`,
      `  curl -H 'Authorization: Bearer ${token}' ${gateway}/api/v1/invoices`,
    ]),
    '',
  ].join('\n');
