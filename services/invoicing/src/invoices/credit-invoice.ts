import { type invoicing, isRefusal, type Refusal, type RequestInput, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { creditedBy, findCreditNote } from '../store/invoices/credit-notes.ts';
import type { InvoiceLineRow } from '../store/invoices/invoice-line-row.ts';
import { findInvoice, linesOf } from '../store/invoices/invoices.ts';
import type { InvoiceRow, Tables } from '../store/schema.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { type CreditLine, creditNoteView, issueCreditNote } from './issue-credit-note.ts';
import { unknownInvoice } from './show-invoices.ts';

type WantedLines = NonNullable<RequestInput<typeof invoicing.creditInvoice>['lines']>;
type Remaining = { lines: InvoiceLineRow[]; byKey: Map<string, number>; whole: number };

/** Credits an invoice on an operator's request: all that remains of it, or by line, never more than remains. */
export async function creditInvoice(
  { input, actor, tx }: CommandRequest<typeof invoicing.creditInvoice, Tables>,
  ctx: CommandContext,
) {
  const found = await findInvoice(tx.sql, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (found === null) return unknownInvoice(input.invoice_id);
  await lockTenant(tx.sql, found.tenant_id);
  const invoice = await findInvoice(tx.sql, { invoiceId: input.invoice_id, tenantId: null, lock: true });
  if (invoice === null || invoice.status === 'draft')
    return refuse('not-issued', 'Only an issued invoice can be credited.');
  if (invoice.status === 'void') return refuse('invoice-void', `Invoice ${invoice.number} is void.`);
  const remaining = await remainingOf(tx, invoice);
  if (remaining.whole <= 0) return refuse('nothing-left', `Nothing remains of invoice ${invoice.number} to credit.`);
  const lines = input.lines === undefined ? wholeCredit(remaining) : creditByLine(invoice, remaining, input.lines);
  if (isRefusal(lines)) return lines;
  const { supplier } = ctx.config;
  const credit = { kind: 'goodwill', reason: input.reason, now: ctx.clock.now(), supplier, lines } as const;
  const id = await issueCreditNote(tx, invoice, credit);
  const note = await findCreditNote(tx.sql, { creditNoteId: id, tenantId: null });
  if (note === null) throw new Error(`credit note ${id} was not written`);
  return creditNoteView(note);
}

/** What remains of each line by its key, and of the whole invoice. Corrections may have credited keys that the invoice lacks. */
const remainingOf = async (tx: Tx, invoice: InvoiceRow): Promise<Remaining> => {
  const lines = (await linesOf(tx.sql, invoice.invoice_id)).filter(({ kind }) => kind !== 'tax');
  const byKey = new Map(lines.map((line) => [line.line_key, Number(line.amount_cents)]));
  for (const [key, cents] of (await creditedBy(tx.sql, invoice.invoice_id)).byKey)
    byKey.set(key, (byKey.get(key) ?? 0) - cents);
  const whole = [...byKey.values()].reduce((sum, amount) => sum + amount, 0);
  return { lines, byKey, whole };
};

const creditLine = (line: InvoiceLineRow, amount_cents: number): CreditLine => ({
  line_key: line.line_key,
  deployment_id: line.deployment_id,
  resource_kind: line.resource_kind,
  description: line.description,
  amount_cents,
});

const wholeCredit = ({ lines, byKey }: Remaining): CreditLine[] =>
  lines
    .filter(({ line_key }) => (byKey.get(line_key) ?? 0) !== 0)
    .map((line) => creditLine(line, byKey.get(line.line_key) ?? 0));

const creditByLine = (
  invoice: InvoiceRow,
  { lines, byKey, whole }: Remaining,
  wanted: WantedLines,
): CreditLine[] | Refusal<'line-not-found' | 'exceeds-invoice'> => {
  const credited: CreditLine[] = [];
  for (const { line_id, amount_cents } of wanted) {
    const line = lines.find((one) => one.line_id === line_id);
    if (line === undefined)
      return refuse('line-not-found', `Invoice ${invoice.number} has no line ${line_id} that can be credited.`);
    const remaining = byKey.get(line.line_key) ?? 0;
    if (amount_cents > remaining) {
      const detail = `${remaining} minor units remain of line "${line.description}", less than the ${amount_cents} requested.`;
      return refuse('exceeds-invoice', detail, { line_id });
    }
    byKey.set(line.line_key, remaining - amount_cents);
    credited.push(creditLine(line, amount_cents));
  }
  const sum = credited.reduce((total, { amount_cents }) => total + amount_cents, 0);
  if (sum <= whole) return credited;
  const detail = `${whole} minor units remain of invoice ${invoice.number}, less than the ${sum} requested.`;
  return refuse('exceeds-invoice', detail);
};
