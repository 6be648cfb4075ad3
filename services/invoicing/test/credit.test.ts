import { contentHash, invoicing, isRefusal } from '@arcadia/contracts';
import { startFinanceStandIn } from '@arcadia/finance-stand-in';
import { sendStreamRequest } from '@arcadia/platform';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteHash } from '../src/domain/invoices/published-note.ts';
import { findCreditNote } from '../src/store/invoices/credit-notes.ts';
import { closeOf, fact, figures, granted, openStage, operator, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
let finance: Awaited<ReturnType<typeof startFinanceStandIn>>;

beforeAll(async () => {
  const secret = 'a secret of at least thirty-two bytes';
  finance = await startFinanceStandIn({ secret });
  at = await openStage('2026-05-01T03:00:00Z', { FINANCE_URL: finance.url, FINANCE_SECRET: secret });
});
afterAll(async () => {
  await at[Symbol.asyncDispose]();
  await finance.stop();
});

const revisions = new Map<string, number>();
/** Closes a month, once more if it was closed before. */
const close = async (period: string, facts: Parameters<typeof closeOf>[1] = [], isForced = false) => {
  const revision = (revisions.get(period) ?? 0) + 1;
  revisions.set(period, revision);
  await at.close(closeOf(period, facts, { revision, is_forced: isForced }));
};

const line = (tenant_id: string, unit_price_cents: string, period: string) =>
  at.ask(invoicing.addManualLine, { tenant_id, description: 'by hand', unit_price_cents, period });
const download = async (
  contract: Parameters<typeof sendStreamRequest>[1],
  input: object,
  actor = operator,
): Promise<Buffer> => {
  const answer = await sendStreamRequest(at.running.bus, contract, input, { actor, deadlineMs: 60_000 });
  if (isRefusal(answer)) throw new Error(answer.refused);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
};
const notesOf = async (tenant: string) =>
  granted(await at.ask(invoicing.listCreditNotes, { tenant_id: tenant })).items.toReversed();
const live = async (tenant: string, period: string) =>
  (await at.invoices(tenant, period)).filter(({ status }) => status !== 'void');

describe('invoicing: what would be a negative invoice', () => {
  it('a late fact that lowers an ended month credits its invoice, and the next month has none', async () => {
    await at.deploy('late', 'late');
    await at.subscribe('late', 'studio', { starts_at: '2030-04-01T00:00:00Z', ends_at: '2030-05-01T00:00:00Z' });
    const used = (hours: string, fields = {}) =>
      fact(
        'late',
        'late',
        '2030-04-05',
        [{ kind: 'droplet_hours', qty: String(Number(hours) * 3600), divisor: '3600' }],
        fields,
      );
    const early = used('2160');
    await at.receive(early);
    await close('2030-04', [early]);
    const [april] = await live('late', '2030-04');
    expect(april && figures(april)).toEqual([5672, 567, 6239]);
    const late = used('1440', { revision: 2, close_revision: 2 });
    await at.receive(late);
    await close('2030-05');
    expect(await live('late', '2030-05')).toEqual([]);
    const [note] = await notesOf('late');
    expect(note).toMatchObject({
      invoice_id: april?.invoice_id,
      kind: 'correction',
      net_cents: 672,
      tax_cents: 67,
      total_cents: 739,
      open_cents: 0,
      applied_to: [{ number: april?.number, amount_cents: 739 }],
    });
    expect((await at.invoice('late', '2030-04')).amount_due_cents).toBe(5500);
    await close('2030-06');
    expect([(await notesOf('late')).length, (await live('late', '2030-06')).length]).toEqual([1, 0]);
  });

  it('a negative line beyond what a month costs is a credit note of the excess; the month comes to zero', async () => {
    await at.deploy('hand', 'hand');
    await at.subscribe('hand', 'studio', { starts_at: '2031-04-01T00:00:00Z', ends_at: '2031-06-01T00:00:00Z' });
    granted(await line('hand', '-10000', '2031-04'));
    await close('2031-04');
    const [april] = await live('hand', '2031-04');
    expect(april && figures(april)).toEqual([0, 0, 0]);
    expect(april?.lines.map(({ kind, amount_cents }) => [kind, amount_cents])).toEqual([
      ['plan_base', 5000],
      ['manual', -5000],
      ['tax', 0],
    ]);
    const [note] = await notesOf('hand');
    expect(note).toMatchObject({
      invoice_id: null,
      kind: 'excess',
      net_cents: 5000,
      tax_cents: 500,
      total_cents: 5500,
      open_cents: 5500,
    });
    // The run again, also forced, changes nothing.
    granted(await at.ask(invoicing.runInvoices, { period: '2031-04', tenant_id: 'hand' }));
    await at.running.settled();
    await close('2031-04', [], true);
    expect((await live('hand', '2031-04')).map(({ invoice_id }) => invoice_id)).toEqual([april?.invoice_id]);
    expect(await notesOf('hand')).toEqual([note]);
    // It lowers what is due on the next invoice.
    await close('2031-05');
    const [may] = await live('hand', '2031-05');
    expect([may?.total_cents, may?.applied_credit_cents, may?.amount_due_cents, may?.is_overdue]).toEqual([
      5500,
      5500,
      0,
      false,
    ]);
    expect((await notesOf('hand'))[0]).toMatchObject({
      open_cents: 0,
      applied_to: [{ number: may?.number, amount_cents: 5500 }],
    });
    const account = granted(await at.ask(invoicing.getTenant, { tenant_id: 'hand' }));
    expect([account.outstanding_cents, account.balance_cents]).toEqual([0, 0]);
  });

  it('a voided invoice gives its credit back, and the next one of the month takes it again', async () => {
    const [may] = await live('hand', '2031-05');
    granted(await at.ask(invoicing.voidInvoice, { invoice_id: may?.invoice_id ?? '', reason: 'address' }));
    expect((await notesOf('hand'))[0]).toMatchObject({ open_cents: 5500, applied_to: [] });
    granted(await at.ask(invoicing.runInvoices, { period: '2031-05', tenant_id: 'hand' }));
    await at.running.settled();
    const [again] = await live('hand', '2031-05');
    expect([again?.amount_due_cents, again?.replaces]).toEqual([0, may?.invoice_id]);
    const before = granted(await at.ask(invoicing.getInvoice, { invoice_id: may?.invoice_id ?? '' }));
    expect([before.status, before.replaced_by]).toEqual(['void', again?.invoice_id]);
  });

  it('a tenant with nothing but a negative line has a credit note and no invoice; it can be refunded once', async () => {
    granted(await at.ask(invoicing.createTenant, { tenant_id: 'only', name: 'Only' }));
    granted(await line('only', '-2000', '2032-04'));
    await close('2032-04');
    expect(await live('only', '2032-04')).toEqual([]);
    const [note] = await notesOf('only');
    expect(note).toMatchObject({ total_cents: 2200, open_cents: 2200 });
    const credit_note_id = note?.credit_note_id ?? '';
    const shown = await at.ask(invoicing.getCreditNote, { credit_note_id }, tenantActor('only'));
    expect(shown).toEqual(note);
    expect(await at.ask(invoicing.getCreditNote, { credit_note_id }, tenantActor('hand'))).toMatchObject({
      refused: 'not-found',
    });
    const refunded = granted(await at.ask(invoicing.refundCreditNote, { credit_note_id, reference: 'bank 9' }));
    expect(refunded).toMatchObject({ open_cents: 0, refunded_cents: 2200, refund_reference: 'bank 9' });
    const again = await at.ask(invoicing.refundCreditNote, { credit_note_id, reference: 'bank 9' });
    expect(isRefusal(again) && again.refused).toBe('nothing-to-refund');
    const statement = granted(await at.ask(invoicing.getStatement, { tenant_id: 'only' }));
    expect(statement.items.map(({ kind, amount_cents, balance_cents }) => [kind, amount_cents, balance_cents])).toEqual(
      [
        ['refund', 2200, 0],
        ['credit_note', -2200, -2200],
      ],
    );
    const { runs } = { runs: granted(await at.ask(invoicing.listInvoiceRuns, { tenant_id: 'only' })).items };
    expect(runs[0]).toMatchObject({ status: 'nothing', detail: 'what it came to below zero is credited' });
  });

  it('a credit on a paid invoice is open, and is taken off the next one', async () => {
    await at.deploy('payer', 'payer');
    await at.subscribe('payer', 'studio', { starts_at: '2033-04-01T00:00:00Z', ends_at: '2033-06-01T00:00:00Z' });
    await close('2033-04');
    const [april] = await live('payer', '2033-04');
    const invoice_id = april?.invoice_id ?? '';
    granted(await at.ask(invoicing.payInvoice, { invoice_id, reference: 'bank' }));
    const base = april?.lines.find(({ kind }) => kind === 'plan_base')?.line_id ?? '';
    const lines = [{ line_id: base, amount_cents: 1000 }];
    const note = granted(await at.ask(invoicing.creditInvoice, { invoice_id, reason: 'outage', lines }));
    expect(note).toMatchObject({ total_cents: 1100, open_cents: 1100, applied_to: [] });
    await close('2033-05');
    const [may] = await live('payer', '2033-05');
    expect([may?.total_cents, may?.amount_due_cents]).toEqual([5500, 4400]);
    const statement = granted(await at.ask(invoicing.getStatement, { tenant_id: 'payer' }));
    expect(statement.items[0]?.balance_cents).toBe(4400);
  });

  it('credit notes, quotes and statements are PDFs with the same bytes every time, and a tenant reads its own alone', async () => {
    const [note] = await notesOf('payer');
    const quote = granted(await at.ask(invoicing.createQuote, { plan_code: 'studio', tenant_id: 'payer', usage: [] }));
    const files = [
      [invoicing.getCreditNotePdf, { credit_note_id: note?.credit_note_id }],
      [invoicing.getQuotePdf, { quote_id: quote.quote_id }],
      [invoicing.getStatementPdf, { tenant_id: 'payer', from: '2026-01-01', to: '2033-12-31' }],
    ] as const;
    for (const [contract, input] of files) {
      const first = await download(contract, input);
      expect(first.subarray(0, 5).toString()).toBe('%PDF-');
      expect((await download(contract, input, tenantActor('payer'))).equals(first)).toBe(true);
      await expect(download(contract, input, tenantActor('hand'))).rejects.toThrow('not-found');
    }
    await expect(
      download(invoicing.getStatementPdf, { tenant_id: 'payer', from: '2026-02-01', to: '2026-01-31' }),
    ).rejects.toThrow('invalid-range');
  });

  it('the hash at the foot of a credit note is that of the event that published it', async () => {
    const [note] = await notesOf('payer');
    const creditNoteId = note?.credit_note_id ?? '';
    const kept = await findCreditNote(at.running.context.db, { creditNoteId, tenantId: null });
    const issued = (await at.publishedEvents(invoicing.creditNoteIssued)).find(
      ({ data }) => data.credit_note_id === creditNoteId,
    );
    if (kept === null || issued === undefined) throw new Error('a credit note was issued');
    expect(noteHash(kept)).toBe(contentHash(issued.data));
  });

  it('no issued invoice is negative, credit notes have no gaps, and all of them reach the finance system', async () => {
    const { db } = at.running.context;
    const { rows } = await sql`SELECT number FROM tenant_invoices WHERE number IS NOT NULL AND total_cents < 0`.execute(
      db,
    );
    expect(rows).toEqual([]);
    const numbers = (await sql<{ number: string }>`SELECT number FROM credit_notes ORDER BY number`.execute(db)).rows;
    expect(numbers.map(({ number }) => Number(number.slice(3)))).toEqual(numbers.map((_, index) => index + 1));
    await at.running.runJob('push-receivables', '2026-05-01T03:02:00Z');
    const pushed = finance.imported().filter(({ body }) => body['document'] === 'credit_note');
    expect(pushed).toHaveLength(numbers.length);
    expect(pushed.filter(({ body }) => body['invoice_external_id'] === null)).toHaveLength(2);
  });

  it('every invoice of these stories follows from what lies on the streams', async () => {
    expect((await at.proveAll()).differing).toEqual({});
  });
});
