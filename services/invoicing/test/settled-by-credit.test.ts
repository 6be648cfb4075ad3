import { invoicing, isRefusal } from '@arcadia/contracts';
import { sendStreamRequest } from '@arcadia/platform';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markOverdue } from '../src/invoices/mark-overdue.ts';
import { closeOf, deploymentId, granted, openStage, operator } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

beforeAll(async () => {
  at = await openStage('2026-04-10T12:00:00Z');
  granted(await at.ask(invoicing.putPlan, { plan_code: 'small', base_price_cents: 5000, items: [] }));
});
afterAll(() => at[Symbol.asyncDispose]());

let closes = 0;
/** A tenant's invoice of April over 55.00. */
const invoiced = async (name: string, before: () => Promise<unknown> = async () => null) => {
  at.clock.set(Temporal.Instant.from('2026-04-10T12:00:00Z'));
  await at.deploy(name, name);
  await at.subscribe(name, 'small');
  await before();
  at.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await at.close(closeOf('2026-04', [], { revision: ++closes }));
  return at.invoice(name);
};
const topUp = (tenant_id: string, amount_cents: number) =>
  at.ask(invoicing.createPrepaidCredit, {
    tenant_id,
    origin: 'paid',
    name: 'Top-up',
    amount_cents,
    reference: 'bank 1',
  });
const grant = (tenant_id: string, amount_cents: number) =>
  at.ask(invoicing.createPrepaidCredit, {
    tenant_id,
    origin: 'granted',
    name: 'Start',
    amount_cents,
    reason: 'agreed',
  });

/** The references under which a tenant's invoices were published as paid. */
const paidBy = async (tenant: string): Promise<string[]> =>
  (await at.publishedEvents(invoicing.invoicePaid)).flatMap(({ data }) =>
    data.tenant_id === tenant ? [data.reference] : [],
  );
const owed = async (tenant_id: string) => {
  const { outstanding_cents, overdue_cents, balance_cents } = granted(await at.ask(invoicing.getTenant, { tenant_id }));
  return [outstanding_cents, overdue_cents, balance_cents];
};
const figures = ({ status, paid_cents, amount_due_cents, payment_reference }: Awaited<ReturnType<typeof invoiced>>) => [
  status,
  paid_cents,
  amount_due_cents,
  payment_reference,
];
const pdf = async (invoice_id: string): Promise<Buffer> => {
  const bus = at.running.bus;
  const asked = { actor: operator, deadlineMs: 60_000 };
  const answer = await sendStreamRequest(bus, invoicing.getInvoicePdf, { invoice_id }, asked);
  if (isRefusal(answer)) throw new Error(answer.refused);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
};

describe('invoicing: an invoice on which nothing is due is paid', () => {
  it('at its issue, if prepaid credit covers it', async () => {
    const invoice = await invoiced('topped', () => topUp('topped', 9000));
    expect(figures(invoice)).toEqual(['paid', 0, 0, 'Settled by credit']);
    expect([await paidBy('topped'), await owed('topped')]).toEqual([['Settled by credit'], [0, 0, 0]]);
    expect(invoice.is_overdue).toBe(false);
  });

  it('at its issue, if it comes to nothing', async () => {
    const invoice = await invoiced('granted', () => grant('granted', 9000));
    expect(figures(invoice)).toEqual(['paid', 0, 0, 'Nothing was due']);
    expect(await paidBy('granted')).toEqual(['Nothing was due']);
  });

  it('not while a cent of it is due', async () => {
    const invoice = await invoiced('nearly', () => topUp('nearly', 5499));
    expect(figures(invoice)).toEqual(['issued', 0, 1, null]);
  });

  it('with the credit note that takes off the rest, once', async () => {
    const { invoice_id, lines } = await invoiced('credited');
    const half = [{ line_id: lines[0]?.line_id ?? '', amount_cents: 2500 }];
    granted(await at.ask(invoicing.creditInvoice, { invoice_id, reason: 'half', lines: half }));
    expect((await at.invoice('credited')).status).toBe('issued');
    granted(await at.ask(invoicing.creditInvoice, { invoice_id, reason: 'the rest' }));
    expect(figures(await at.invoice('credited'))).toEqual(['paid', 0, 0, 'Settled by credit']);
    expect(await paidBy('credited')).toEqual(['Settled by credit']);
    const again = await at.ask(invoicing.payInvoice, { invoice_id, reference: 'bank 9' });
    expect(isRefusal(again) && again.refused).toBe('already-paid');
  });

  /** An invoice on which nothing is due although it is not paid, as former versions left them. */
  const olderInvoice = async (tenant: string): Promise<string> => {
    const { invoice_id } = await invoiced(tenant);
    const payment = sql`INSERT INTO payments (payment_id, invoice_id, tenant_id, amount_cents, paid_at, reference, recorded_at, recorded_by)
      VALUES (gen_random_uuid(), ${invoice_id}, ${tenant}, 5500, '2026-05-02', 'bank', '2026-05-02', 'op')`;
    await payment.execute(at.running.context.db);
    return invoice_id;
  };

  it('with the next daily run, if it was issued before that was so, and it is never overdue', async () => {
    await olderInvoice('older');
    at.clock.set(Temporal.Instant.from('2026-05-20T00:30:00Z'));
    await at.running.runJob('mark-overdue', '2026-05-20T00:30:00Z');
    expect((await at.invoice('older')).status).toBe('paid');
    const overdue = (await at.publishedEvents(invoicing.invoiceOverdue)).map(({ data }) => data.tenant_id);
    expect(overdue).not.toContain('older');
    expect(overdue).not.toContain('topped');
  });

  it('also beside one that fails, and what is due is overdue then', async () => {
    const failing = await olderInvoice('failing');
    await olderInvoice('beside');
    await invoiced('owing');
    const { db } = at.running.context;
    await sql`CREATE FUNCTION fail_invoice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`.execute(
      db,
    );
    await sql
      .raw(`CREATE TRIGGER fail_invoice BEFORE UPDATE ON tenant_invoices FOR EACH ROW WHEN (NEW.invoice_id = '${failing}')
        EXECUTE FUNCTION fail_invoice()`)
      .execute(db);
    at.clock.set(Temporal.Instant.from('2026-05-21T00:30:00Z'));
    await expect(markOverdue({ input: {} }, at.running.context)).rejects.toThrow(
      '1 of the invoices could not be marked',
    );
    expect([(await at.invoice('failing')).status, (await at.invoice('beside')).status]).toEqual(['issued', 'paid']);
    expect((await at.invoice('owing')).is_overdue).toBe(true);
    expect((await at.publishedEvents(invoicing.invoiceOverdue)).map(({ data }) => data.tenant_id)).toContain('owing');
    await sql`DROP TRIGGER fail_invoice ON tenant_invoices`.execute(db);
    await markOverdue({ input: {} }, at.running.context);
    expect((await at.invoice('failing')).status).toBe('paid');
  });
});

describe('invoicing: an invoice that credit alone settled', () => {
  it('may be voided and gives its credit back; one that somebody paid is not', async () => {
    const { invoice_id } = await invoiced('returned', () => topUp('returned', 5500));
    granted(await at.ask(invoicing.voidInvoice, { invoice_id, reason: 'wrong buyer' }));
    const { balance_cents } = granted(await at.ask(invoicing.listPrepaidCredits, { tenant_id: 'returned' }));
    expect([balance_cents, await owed('returned')]).toEqual([5500, [0, 0, 0]]);
    const voided = granted(await at.ask(invoicing.getInvoice, { invoice_id }));
    expect(voided).toMatchObject({ status: 'void', paid_at: null, payment_reference: null });
    const { invoice_id: other } = await invoiced('payer', () => topUp('payer', 500));
    granted(await at.ask(invoicing.payInvoice, { invoice_id: other, reference: 'bank 2' }));
    const kept = await at.ask(invoicing.voidInvoice, { invoice_id: other, reason: 'x' });
    expect(isRefusal(kept) && kept.refused).toBe('invoice-paid');
  });

  it('is replaced by a forced run, which draws the credit again', async () => {
    const { invoice_id } = await invoiced('forced', () => topUp('forced', 9000));
    const change = { deployment_id: deploymentId('forced'), plan_code: 'small', reason: 'agreed' };
    granted(await at.ask(invoicing.putPlan, { plan_code: 'larger', base_price_cents: 6000, items: [] }));
    granted(await at.ask(invoicing.voidInvoice, { invoice_id, reason: 'to be made again' }));
    granted(
      await at.ask(invoicing.changePlan, { ...change, plan_code: 'larger', effective_at: '2026-04-01T00:00:00Z' }),
    );
    granted(await at.ask(invoicing.runInvoices, { period: '2026-04', tenant_id: 'forced' }));
    await at.running.settled();
    expect(figures(await at.invoice('forced'))).toEqual(['paid', 0, 0, 'Settled by credit']);
  });
});

describe('invoicing: the PDF of an invoice', () => {
  it('has the same bytes until something becomes of the invoice', async () => {
    const { invoice_id } = await invoiced('drawn');
    const issued = await pdf(invoice_id);
    at.clock.set(Temporal.Instant.from('2026-06-01T00:00:00Z'));
    expect((await pdf(invoice_id)).equals(issued)).toBe(true);
    granted(await at.ask(invoicing.payInvoice, { invoice_id, amount_cents: 100, reference: 'bank 3' }));
    const partly = await pdf(invoice_id);
    granted(await at.ask(invoicing.payInvoice, { invoice_id, reference: 'bank 4' }));
    const paid = await pdf(invoice_id);
    expect(new Set([issued, partly, paid].map((bytes) => bytes.toString('hex'))).size).toBe(3);
    expect((await pdf(invoice_id)).equals(paid)).toBe(true);
  });

  it('of a void invoice and of its successor is drawn too', async () => {
    const { invoice_id } = await invoiced('twice');
    granted(await at.ask(invoicing.voidInvoice, { invoice_id, reason: 'wrong buyer' }));
    const alone = await pdf(invoice_id);
    granted(await at.ask(invoicing.runInvoices, { period: '2026-04', tenant_id: 'twice' }));
    await at.running.settled();
    expect((await pdf(invoice_id)).equals(alone)).toBe(false);
    expect((await pdf((await at.invoice('twice')).invoice_id)).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

it('every invoice of these stories follows from what lies on the streams', async () => {
  const { periods, differing } = await at.proveAll();
  expect(periods).toBeGreaterThan(0);
  expect(differing).toEqual({});
});
