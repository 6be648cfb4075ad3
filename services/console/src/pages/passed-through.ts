import { dayName, formatMinor, invoicing, lineDaysInWords } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import { type Html, html, none } from '../html/html.ts';
import { resourceLink } from '../html/links.ts';
import { section, table } from '../html/table.ts';
import { calculation, type Line, lineTitle } from '../words/line.ts';
import { grouped, moneyText } from '../words/money.ts';
import type { Invoice } from './invoice-commands.ts';

/** Whether a line passes the bill of the provider through, or corrects one that does. */
export const isPassedThrough = ({ meta }: Line): boolean =>
  meta['billed'] !== undefined || (typeof meta['adjusts_key'] === 'string' && meta['adjusts_key'].includes('/bill/'));

/** The lines of the provider's bill behind a line. */
export const billSection = async (api: Api, invoice: Invoice, { line_id }: Line): Promise<Html> => {
  const { bill_lines: lines, bill_line_count: count } = await api.request(invoicing.getLineEvidence, {
    invoice_id: invoice.invoice_id,
    line_id,
    limit: 1,
  });
  return section(
    'The bill of the provider',
    html`${table({
      caption: 'Lines of the bill of the provider, as they are known now',
      empty: 'The bill of the provider has no such line now.',
      rows: lines,
      columns: [
        {
          head: 'Line',
          isName: true,
          cell: ({ description, resource_id, invoice_number, invoice_uuid, line_no }) =>
            html`${resource_id === null ? description : resourceLink(resource_id, description)}<small>Line ${line_no} of ${invoice_number ?? invoice_uuid}</small>`,
        },
        { head: 'From', cell: ({ from }) => dayName(from) },
        { head: 'Until', cell: ({ until }) => dayName(until) },
        {
          head: 'Billed',
          isFigure: true,
          cell: ({ amount_cents, currency }) => `${grouped(formatMinor(amount_cents, currency))} ${currency}`,
        },
      ],
    })}${count > lines.length ? html`<p>These are the first ${lines.length} of ${count} lines.</p>` : none}`,
  );
};

/** A line that passes the bill of the provider through: a sentence, and the lines of the bill. */
export const passedThroughLine = async (api: Api, invoice: Invoice, line: Line): Promise<Html> => {
  const sum = `${calculation(line, invoice.currency)} = ${moneyText(line.amount_cents, invoice.currency)}`;
  const text = lineDaysInWords(line.description).replace(/^Passed through \w+: /, '');
  return html`${section('In a sentence', html`<p class="sentence">${lineTitle(line)}: ${text}; ${sum}</p>`)}
${await billSection(api, invoice, line)}`;
};
