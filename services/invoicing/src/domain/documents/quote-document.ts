import { dayName, formatMoney, monthName } from '@arcadia/contracts';
import type { Rating } from '../rating/rate.ts';
import type { Document } from './document.ts';
import { amountHead, knownFacts, type Parties, partyBlocks } from './frame.ts';
import { type AddonWords, lineWords } from './line-words.ts';

/** The fields of a quote that its PDF shows. */
export type QuoteDocument = Parties & {
  quote_id: string;
  created_at: string;
  valid_until: string;
  period: string;
  plan_code: string;
  plan_version: number;
  output: Rating;
  is_tax_inclusive: boolean;
  addons: AddonWords;
};

/** A quote as a document. */
export const quoteDocument = (quote: QuoteDocument): Document => {
  const { currency, lines, subtotal_cents, tax_cents, total_cents } = quote.output;
  const money = (cents: number): string => formatMoney(cents, currency);
  const tax = lines.find(({ kind }) => kind === 'tax');
  const including = tax_cents === 0 ? '' : ` (incl. ${quote.customer.tax?.name ?? 'tax'})`;
  const rows = lines
    .filter(({ kind }) => kind !== 'tax')
    .map((line) => {
      const { text, note, quantity, price, amount } = lineWords(line, { currency, addons: quote.addons });
      return { cells: [text, quantity, price, amount], note };
    });
  return {
    title: 'Quote',
    name: `Quote ${quote.quote_id.slice(0, 8)}`,
    createdAt: quote.created_at,
    author: quote.supplier.name,
    parties: partyBlocks(quote, 'Prepared for'),
    facts: knownFacts([
      ['Quote', quote.quote_id],
      ['Made', dayName(quote.created_at)],
      ['Valid until', dayName(quote.valid_until)],
      ['Month', monthName(quote.period)],
      ['Plan', `${quote.plan_code}, version ${quote.plan_version}`],
      ['Your reference', quote.customer.buyer_reference],
      ['Account', quote.customer.tenant_id],
      ['Currency', currency],
    ]),
    sections: [
      {
        type: 'table',
        heading: null,
        columns: [
          { head: 'Description', align: 'left', width: null },
          { head: 'Quantity', align: 'right', width: 84 },
          { head: 'Unit price', align: 'right', width: 84 },
          {
            head: amountHead(quote, { cents: tax_cents, isInclusive: quote.is_tax_inclusive }),
            align: 'right',
            width: 92,
          },
        ],
        groups: [{ heading: null, rows, subtotal: null }],
        isOnNewPage: false,
      },
      {
        type: 'totals',
        rows: [
          { label: 'Subtotal', amount: money(subtotal_cents), isEmphasised: false },
          ...(tax === undefined ? [] : [{ label: tax.description, amount: money(tax_cents), isEmphasised: false }]),
          { label: `Total of the month${including}`, amount: money(total_cents), isEmphasised: true },
        ],
      },
      {
        type: 'text',
        block: {
          label: 'Terms',
          lines: [
            `Subscribing with this quote until ${dayName(quote.valid_until)} gives the plan and the addons at these prices. Usage is charged as it is measured, so a month may cost more or less.`,
          ],
        },
      },
    ],
    foot: `Proof: the lines have the SHA-256 ${quote.output.output_hash}`,
  };
};
