import { canonicalJson, invoicing, type Period, token } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { type PublishedNote, proveCreditNotes } from '../domain/proofs/prove-credit-notes.ts';
import type { PublishedInvoice } from '../domain/proofs/prove-invoice.ts';
import type { TaxPolicy } from '../domain/rating/terms.ts';
import { creditNoteView } from '../invoices/issue-credit-note.ts';
import { creditNotesOfMonth } from '../store/invoices/credit-notes.ts';
import { readEvents } from './read-events.ts';

const { creditNoteIssued, invoiceIssued } = invoicing;

type Month = { tenant: string; period: Period; signal: AbortSignal };

/** The tenants that have a credit note of a period on the stream. */
export const readCredited = async (ctx: Context, period: Period, signal: AbortSignal): Promise<Set<string>> => {
  const credited = new Set<string>();
  const subjects = [`credit-note.issued.${period}.>`];
  for await (const { data } of readEvents(ctx, [creditNoteIssued], { subjects, signal })) credited.add(data.tenant_id);
  return credited;
};

/**
 * What is wrong with the credit notes of a tenant's month: those on the stream by themselves and against the invoices that they
 * correct, then those in the tables, from which documents are made, against those on the stream.
 */
export const differencesOfCredits = async (
  ctx: Context,
  { tenant, period, signal }: Month,
  given: { isCredited: boolean; tax: TaxPolicy | null },
): Promise<string[]> => {
  const kept = await creditNotesOfMonth(ctx.db, { tenantId: tenant, period });
  const notes: PublishedNote[] = [];
  const invoices = new Map<string, PublishedInvoice>();
  if (given.isCredited) {
    const subjects = [`invoice.issued.${period}.${token(tenant)}`, `credit-note.issued.${period}.${token(tenant)}`];
    for await (const { type, data } of readEvents(ctx, [invoiceIssued, creditNoteIssued], { subjects, signal })) {
      if (type === 'invoice.issued') invoices.set(data.invoice_id, data);
      else notes.push(data);
    }
  }
  const differences = proveCreditNotes({ notes, invoices, tax: given.tax });
  const published = new Map(notes.map((note) => [note.credit_note_id, note]));
  const inTables = new Set<string>();
  for (const note of kept) {
    inTables.add(note.credit_note_id);
    const event = published.get(note.credit_note_id);
    const {
      credit_note_id,
      invoice_id,
      tenant_id,
      number,
      currency,
      net_cents,
      tax_cents,
      total_cents,
      reason,
      issued_at,
      lines,
    } = creditNoteView({ ...note, line_count: note.lines.length, applied_to: [] });
    const shown = {
      credit_note_id,
      invoice_id,
      tenant_id,
      period,
      number,
      currency,
      net_cents,
      tax_cents,
      total_cents,
      reason,
      issued_at,
    };
    if (event === undefined) differences.push(`Credit note ${number} is in the tables and was not published.`);
    else if (canonicalJson({ ...shown, issued_at: event.issued_at, lines }) !== canonicalJson(event))
      differences.push(`Credit note ${number} differs between the tables and the event that published it.`);
  }
  for (const { credit_note_id, number } of notes)
    if (!inTables.has(credit_note_id))
      differences.push(`Credit note ${number} was published and is missing from the tables.`);
  return differences;
};
