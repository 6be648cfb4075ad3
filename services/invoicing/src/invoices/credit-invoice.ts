import {
  type Actor,
  type EventData,
  invoicing,
  isRefusal,
  nameUuid,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { creditTax } from '../domain/invoices/credit-tax.ts';
import type { RatingInput } from '../domain/rating/rate.ts';
import { totalOf } from '../domain/rating/tax.ts';
import { cursorKey, pageFrom } from '../paging.ts';
import {
  type CreditNote,
  type CreditNoteLine,
  creditNotesOf,
  findCreditNote,
  insertCreditNote,
  pageOfCreditNotes,
} from '../store/invoices/credit-notes.ts';
import { creditedOn } from '../store/invoices/invoice-lists.ts';
import { findInvoice, linesOf, takeNumber } from '../store/invoices/invoices.ts';
import { noteReceivable } from '../store/receivables/receivables.ts';
import type { InvoiceRow, Schema } from '../store/schema.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import type { Context } from '../tenants/look-up-deployment.ts';
import { unknownInvoice } from './show-invoices.ts';

type View = RequestOutput<typeof invoicing.creditInvoice>;
type Line = Omit<CreditNoteLine, 'line_id'>;
type Credit = { kind: 'goodwill' | 'correction'; reason: string; now: Temporal.Instant; lines: readonly Line[] };

const noteView = (note: CreditNote): View => ({
  ...invoicing.creditNoteIssued.data.parse({
    ...note,
    net_cents: Number(note.net_cents),
    tax_cents: Number(note.tax_cents),
    total_cents: Number(note.total_cents),
  }),
  kind: note.kind,
  finance_credit_id: note.finance_credit_id,
});

/** Gives a credit note its number and says it. The caller has made sure that no more is credited than is left. */
export const issueCreditNote = async (tx: Tx<Schema>, invoice: InvoiceRow, credit: Credit): Promise<string> => {
  const before = await creditNotesOf(tx.sql, invoice.invoice_id);
  const credited = await creditedOn(tx.sql, invoice.invoice_id);
  const { tax } = invoice.input as unknown as RatingInput;
  const net = credit.lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0);
  const taxCents = creditTax(
    { subtotalCents: Number(invoice.subtotal_cents), taxCents: Number(invoice.tax_cents) },
    { netCents: credited.net_cents, taxCents: credited.tax_cents },
    net,
    tax,
  );
  const credit_note_id = nameUuid('credit-note', invoice.invoice_id, String(before.length + 1));
  const lines = credit.lines.map((line) => ({
    ...line,
    line_id: nameUuid('invoice-line', invoice.invoice_id, line.line_key),
  }));
  const number = await takeNumber(tx.sql, 'CN');
  const { invoice_id, tenant_id, period, currency } = invoice;
  const note = {
    credit_note_id,
    invoice_id,
    tenant_id,
    period,
    number,
    currency,
    reason: credit.reason,
    issued_at: credit.now.toString(),
  };
  const total = totalOf(net, taxCents, tax);
  await insertCreditNote(
    tx.sql,
    { ...note, kind: credit.kind, net_cents: String(net), tax_cents: String(taxCents), total_cents: String(total) },
    lines,
  );
  await noteReceivable(tx, {
    document: 'credit_note',
    documentId: credit_note_id,
    tenantId: tenant_id,
    number,
  });
  const said: EventData<typeof invoicing.creditNoteIssued> = {
    ...note,
    net_cents: net,
    tax_cents: taxCents,
    total_cents: total,
    lines: lines.map(({ line_id, deployment_id, resource_kind, amount_cents }) => ({
      line_id,
      deployment_id,
      resource_kind,
      amount_cents,
    })),
  };
  await tx.publish(invoicing.creditNoteIssued, said);
  return credit_note_id;
};

/** What is left of each line, and of the whole, by key. Corrections may have taken from keys that the invoice does not have. */
const leftOf = async (tx: Tx<Schema>, invoice: InvoiceRow) => {
  const lines = (await linesOf(tx.sql, invoice.invoice_id)).filter(({ kind }) => kind !== 'tax');
  const left = new Map(lines.map((line) => [line.line_key, Number(line.amount_cents)]));
  for (const note of await creditNotesOf(tx.sql, invoice.invoice_id)) {
    for (const { line_key, amount_cents } of note.lines) left.set(line_key, (left.get(line_key) ?? 0) - amount_cents);
  }
  const whole = [...left.values()].reduce((sum, amount) => sum + amount, 0);
  return { lines, left, whole };
};

/** An operator's credit: of everything that is left, or by line, never more than is left of the line and of the invoice. */
export const creditInvoice = async (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: RequestInput<typeof invoicing.creditInvoice>; actor: Actor },
): Promise<View | Refusal> => {
  const { input, actor } = asked;
  const found = await findInvoice(tx.sql, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (found === null) return unknownInvoice(input.invoice_id);
  await lockTenant(tx.sql, found.tenant_id);
  const invoice = await findInvoice(tx.sql, { invoiceId: input.invoice_id, tenantId: null, lock: true });
  if (invoice === null || invoice.status === 'draft')
    return refuse('not-issued', 'Only an issued invoice can be credited.');
  if (invoice.status === 'void') return refuse('invoice-void', `Invoice ${invoice.number} is void.`);
  const lines = await creditLines(tx, invoice, input.lines);
  if (isRefusal(lines)) return lines;
  const id = await issueCreditNote(tx, invoice, {
    kind: 'goodwill',
    reason: input.reason,
    now: ctx.clock.now(),
    lines,
  });
  const note = await findCreditNote(tx.sql, id);
  if (note === null) throw new Error(`credit note ${id} was not written`);
  return noteView(note);
};

const creditLines = async (
  tx: Tx<Schema>,
  invoice: InvoiceRow,
  wanted: RequestInput<typeof invoicing.creditInvoice>['lines'],
): Promise<Line[] | Refusal> => {
  const { lines, left, whole } = await leftOf(tx, invoice);
  if (whole <= 0) return refuse('nothing-left', `Nothing is left of invoice ${invoice.number} to credit.`);
  if (wanted === undefined) {
    return lines
      .filter(({ line_key }) => (left.get(line_key) ?? 0) !== 0)
      .map((line) => ({
        line_key: line.line_key,
        deployment_id: line.deployment_id,
        resource_kind: line.resource_kind,
        description: line.description,
        amount_cents: left.get(line.line_key) ?? 0,
      }));
  }
  const asked: Line[] = [];
  for (const { line_id, amount_cents } of wanted) {
    const line = lines.find((one) => one.line_id === line_id);
    if (line === undefined)
      return refuse('line-not-found', `Invoice ${invoice.number} has no line ${line_id} that could be credited.`);
    const rest = (left.get(line.line_key) ?? 0) - amount_cents;
    if (rest < 0)
      return refuse(
        'exceeds-invoice',
        `Of line "${line.description}" ${rest + amount_cents} cents are left, ${amount_cents} were asked for.`,
        { line_id },
      );
    left.set(line.line_key, rest);
    asked.push({
      line_key: line.line_key,
      deployment_id: line.deployment_id,
      resource_kind: line.resource_kind,
      description: line.description,
      amount_cents,
    });
  }
  const sum = asked.reduce((total, { amount_cents }) => total + amount_cents, 0);
  return sum > whole
    ? refuse('exceeds-invoice', `Of invoice ${invoice.number} ${whole} cents are left, ${sum} were asked for.`)
    : asked;
};

export const listCreditNotes = async (
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.listCreditNotes>; actor: Actor },
) => {
  const after = cursorKey(input.cursor, 1);
  if (isRefusal(after)) return after;
  const rows = await pageOfCreditNotes(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant ?? null,
    invoiceId: input.invoice ?? null,
    period: input.period ?? null,
    after: after?.[0] ?? null,
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, { key: ({ number }) => [number], item: noteView });
};
