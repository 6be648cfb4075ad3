import { type invoicing, isRefusal, refuse, tenantScope } from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import { renderPdf } from '../clients/pdf/render-pdf.ts';
import type { CommandContext, Context } from '../context.ts';
import { type CreditUses, creditNoteDocument } from '../domain/documents/credit-note-document.ts';
import { addonWords } from '../domain/documents/invoice-document.ts';
import { noteHash } from '../domain/invoices/published-note.ts';
import { taxLabel } from '../domain/rating/tax.ts';
import { noteRefund } from '../store/invoices/credit-applications.ts';
import {
  type CreditNote,
  creditNoteLines,
  findCreditNote,
  pageOfCreditNoteLines,
  pageOfCreditNotes,
} from '../store/invoices/credit-notes.ts';
import { printedWith } from '../store/invoices/invoice-lines.ts';
import { findInvoice } from '../store/invoices/invoices.ts';
import type { Db, Tables } from '../store/schema.ts';
import { deploymentNames } from '../store/tenants/deployments.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { creditNoteView } from './issue-credit-note.ts';

export async function listCreditNotes({ input, actor }: ReadRequest<typeof invoicing.listCreditNotes>, ctx: Context) {
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  const rows = await pageOfCreditNotes(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant_id ?? null,
    invoiceId: input.invoice_id ?? null,
    period: input.period ?? null,
    text: input.q ?? null,
    after: after?.[0] ?? null,
    limit: input.limit,
  });
  return cutPage(rows, { limit: input.limit, keyOf: ({ number }) => [number], itemOf: creditNoteView });
}

export async function getCreditNote({ input, actor }: ReadRequest<typeof invoicing.getCreditNote>, ctx: Context) {
  const wanted = { creditNoteId: input.credit_note_id, tenantId: tenantScope(actor) };
  const note = await findCreditNote(ctx.db, wanted);
  return note === null ? unknownCreditNote(input.credit_note_id) : creditNoteView(note);
}

export async function listCreditNoteLines(
  { input, actor }: ReadRequest<typeof invoicing.listCreditNoteLines>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, [/^\d{1,9}$/]);
  if (isRefusal(after)) return after;
  const { credit_note_id: creditNoteId, limit } = input;
  const page = { creditNoteId, tenantId: tenantScope(actor), after: Number(after?.[0] ?? 0), limit };
  const rows = await pageOfCreditNoteLines(ctx.db, page);
  if (rows === null) return unknownCreditNote(creditNoteId);
  return cutPage(rows, { limit, keyOf: ({ position }) => [position], itemOf: (line) => line });
}

/** Records that the open rest of a credit note was paid back. */
export async function refundCreditNote(
  { input, actor, tx }: CommandRequest<typeof invoicing.refundCreditNote, Tables>,
  ctx: CommandContext,
) {
  const wanted = { creditNoteId: input.credit_note_id, tenantId: tenantScope(actor) };
  const found = await findCreditNote(tx.sql, wanted);
  if (found === null) return unknownCreditNote(input.credit_note_id);
  await lockTenant(tx.sql, found.tenant_id);
  const note = await findCreditNote(tx.sql, wanted);
  if (note === null || Number(note.open_cents) === 0)
    return refuse('nothing-to-refund', `Nothing of credit note ${found.number} is open: it was applied or refunded.`);
  await noteRefund(tx.sql, {
    creditNoteId: note.credit_note_id,
    at: ctx.clock.now().toString(),
    reference: input.reference,
  });
  const after = await findCreditNote(tx.sql, wanted);
  return creditNoteView(after ?? note);
}

/** A credit note as PDF, with the parties and names as they were when it was issued, and with what has become of the credit. */
export async function downloadCreditNote(
  { input, actor }: ReadRequest<typeof invoicing.getCreditNotePdf>,
  ctx: Context,
) {
  const wanted = { creditNoteId: input.credit_note_id, tenantId: tenantScope(actor) };
  const note = await findCreditNote(ctx.db, wanted);
  if (note === null) return unknownCreditNote(input.credit_note_id);
  const bytes = await renderPdf(ctx.config, () => documentOf(ctx.db, note, ctx.config));
  return { head: { media_type: 'application/pdf', file_name: `${note.number}.pdf` }, chunks: [bytes] };
}

const documentOf = async (db: Db, note: CreditNote, config: Pick<Context['config'], 'supplier'>) => {
  const { invoice_id: invoiceId } = note;
  const invoice = invoiceId === null ? null : await findInvoice(db, { invoiceId, tenantId: null });
  const printed = invoiceId === null ? null : await printedWith(db, invoiceId);
  const tax = note.tax ?? printed?.input.tax;
  const lines = await creditNoteLines(db, note.credit_note_id);
  const ids = [...new Set(lines.flatMap(({ deployment_id: id }) => (id === null ? [] : [id])))];
  return creditNoteDocument({
    number: note.number,
    issued_at: note.issued_at,
    invoice: invoice === null ? null : { number: invoice.number ?? '', issued_at: invoice.issued_at ?? '' },
    period: note.period,
    currency: note.currency,
    reason: note.reason,
    supplier: note.supplier ?? invoice?.supplier ?? config.supplier,
    customer: note.customer ?? invoice?.customer ?? { name: note.tenant_id, address: [], registration_number: null },
    lines,
    net_cents: Number(note.net_cents),
    tax_cents: Number(note.tax_cents),
    total_cents: Number(note.total_cents),
    tax_label: tax === undefined ? 'Tax' : taxLabel(tax),
    is_tax_inclusive: tax?.is_inclusive === true,
    deployment_names: note.deployment_names ?? (await deploymentNames(db, ids)),
    addons: printed === null ? new Map() : addonWords(printed.input),
    content_hash: noteHash({ ...note, lines }),
    uses: usesOf(note),
  });
};

const usesOf = ({ applied_to, refunded_at, refund_reference, refunded_cents, open_cents }: CreditNote): CreditUses => ({
  applied: applied_to.map(({ number, amount_cents }) => ({ number, amount_cents })),
  refunded:
    refunded_at === null
      ? null
      : { at: refunded_at, reference: refund_reference ?? '', amount_cents: Number(refunded_cents) },
  open_cents: Number(open_cents),
});

const unknownCreditNote = (id: string) => refuse('not-found', `There is no credit note ${id}.`);
