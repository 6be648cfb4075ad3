import { invoicing, isRefusal } from '@arcadia/contracts';
import { startFinanceStandIn } from '@arcadia/finance-stand-in';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, deploymentId, figures, granted, openStage } from './stage.ts';

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

let revision = 0;
/** Studio for April: 50.00 + 5.00. */
const invoiced = async (tenant: string) => {
  await at.deploy(tenant, tenant);
  await at.subscribe(tenant, 'studio');
  revision += 1;
  await at.close(closeOf('2026-04', [], { revision }));
  return at.invoice(tenant);
};

describe('invoicing: an issued invoice', () => {
  it('an issued invoice cannot be changed, also not by SQL', async () => {
    const { invoice_id } = await invoiced('fixed');
    for (const attempt of [
      `UPDATE tenant_invoices SET total_cents = 1 WHERE invoice_id = '${invoice_id}'`,
      `UPDATE tenant_invoices SET status = 'draft' WHERE invoice_id = '${invoice_id}'`,
      `DELETE FROM tenant_invoices WHERE invoice_id = '${invoice_id}'`,
      `UPDATE tenant_invoice_lines SET amount_cents = 1 WHERE invoice_id = '${invoice_id}'`,
      `DELETE FROM tenant_invoice_lines WHERE invoice_id = '${invoice_id}'`,
      `INSERT INTO tenant_invoice_lines SELECT invoice_id, 99 + position, line_id, line_key, kind, deployment_id, resource_kind, description, qty, unit, unit_price_cents, amount_cents, meta FROM tenant_invoice_lines WHERE invoice_id = '${invoice_id}'`,
    ]) {
      await expect(sql.raw(attempt).execute(at.running.context.db)).rejects.toThrow(/do(es)? not change|foreign key/);
    }
    expect(figures(await at.invoice('fixed'))).toEqual([5000, 500, 5500]);
  });

  it('an invoice is paid once, with its reference, and then is neither voided nor overdue', async () => {
    const { invoice_id } = await invoiced('payer');
    const paid = granted(await at.ask(invoicing.payInvoice, { invoice_id, reference: 'bank 7' }));
    expect([paid.status, paid.payment_reference, paid.paid_at]).toEqual(['paid', 'bank 7', '2026-05-01T03:00:00Z']);
    const again = await at.ask(invoicing.payInvoice, { invoice_id, reference: 'bank 8' });
    expect(isRefusal(again) && again.refused).toBe('already-paid');
    const gone = await at.ask(invoicing.voidInvoice, { invoice_id, reason: 'no' });
    expect(isRefusal(gone) && gone.refused).toBe('invoice-paid');
    expect(
      (await at.publishedEvents(invoicing.invoicePaid)).map(({ data }) => [data.tenant_id, data.deployment_ids]),
    ).toEqual([['payer', [deploymentId('payer')]]]);
  });

  it('an invoice cannot be paid before it was issued or in the future', async () => {
    const { invoice_id } = await invoiced('early');
    const pay = (paid_at: string) => at.ask(invoicing.payInvoice, { invoice_id, reference: 'bank 9', paid_at });
    for (const wrong of ['2026-05-01T02:59:59Z', '2026-05-01T03:00:01Z', '2027-01-01T00:00:00Z']) {
      const refused = await pay(wrong);
      expect(isRefusal(refused) && refused.refused).toBe('invalid-time');
    }
    expect(granted(await pay('2026-05-01T03:00:00Z')).status).toBe('paid');
  });

  it('an unpaid invoice can be voided, and a run makes a new one', async () => {
    const first = await invoiced('voided');
    expect(
      granted(await at.ask(invoicing.voidInvoice, { invoice_id: first.invoice_id, reason: 'wrong address' })).status,
    ).toBe('void');
    granted(await at.ask(invoicing.runInvoices, { period: '2026-04', tenant_id: 'voided' }));
    await at.running.settled();
    const second = await at.invoice('voided');
    expect(second.number).not.toBe(first.number);
    expect(figures(second)).toEqual(figures(first));
  });
});

describe('invoicing: a credit note', () => {
  it('credits by line and then of the rest return exactly the invoice', async () => {
    const invoice = await invoiced('credited');
    const line_id = invoice.lines[0]?.line_id ?? '';
    const first = granted(
      await at.ask(invoicing.creditInvoice, {
        invoice_id: invoice.invoice_id,
        reason: 'sorry',
        lines: [{ line_id, amount_cents: 1666 }],
      }),
    );
    expect([first.net_cents, first.tax_cents, first.total_cents]).toEqual([1666, 167, 1833]);
    const over = await at.ask(invoicing.creditInvoice, {
      invoice_id: invoice.invoice_id,
      reason: 'sorry',
      lines: [{ line_id, amount_cents: 3335 }],
    });
    expect(isRefusal(over) && over.refused).toBe('exceeds-invoice');
    const rest = granted(
      await at.ask(invoicing.creditInvoice, { invoice_id: invoice.invoice_id, reason: 'all of it' }),
    );
    expect(rest.total_cents + first.total_cents).toBe(5500);
    const none = await at.ask(invoicing.creditInvoice, { invoice_id: invoice.invoice_id, reason: 'more' });
    expect(isRefusal(none) && none.refused).toBe('nothing-left');
    const gone = await at.ask(invoicing.voidInvoice, { invoice_id: invoice.invoice_id, reason: 'no' });
    expect(isRefusal(gone) && gone.refused).toBe('credit-note-issued');
    expect([first.number, rest.number]).toEqual(['CN-000001', 'CN-000002']);
  });
});

describe('invoicing: an unpaid invoice', () => {
  it('an invoice is published as overdue once after its due date, unless it is credited in full', async () => {
    await invoiced('slow');
    at.clock.set(Temporal.Instant.from('2026-05-16T00:30:00Z'));
    await at.running.runJob('mark-overdue', '2026-05-16T00:30:00Z');
    await at.running.runJob('mark-overdue', '2026-05-17T00:30:00Z');
    const overdue = (await at.publishedEvents(invoicing.invoiceOverdue)).map(({ data }) => data.tenant_id);
    expect(overdue.filter((tenant) => tenant === 'slow').length).toBe(1);
    expect(overdue).not.toContain('credited');
    expect(overdue).not.toContain('payer');
    expect((await at.invoice('slow')).is_overdue).toBe(true);
    at.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  });
});

describe('invoicing: the finance system', () => {
  it('every invoice, void and credit note is pushed once, in order, also after an outage', async () => {
    await invoiced('pushed');
    finance.fail(1);
    await at.running.runJob('push-receivables', '2026-05-01T03:01:00Z');
    expect(finance.imported()).toEqual([]);
    const failed = granted(await at.ask(invoicing.listReceivables, { status: 'pending' })).items[0];
    expect([failed?.attempts, failed?.last_error?.includes('503')]).toEqual([1, true]);
    finance.fail(1, { after: true, status: 500 });
    await at.running.runJob('push-receivables', '2026-05-01T03:02:00Z');
    await at.running.runJob('push-receivables', '2026-05-01T03:03:00Z');
    await at.running.runJob('push-receivables', '2026-05-01T03:04:00Z');
    const taken = finance.imported();
    expect(new Set(taken.map(({ external_id }) => external_id)).size).toBe(taken.length);
    expect(granted(await at.ask(invoicing.listReceivables, { status: 'pending' })).items).toEqual([]);
    const own = taken
      .filter(({ body }) => body['customer'] === 'credited')
      .map(({ body }) => [body['document'], body['amount_gross_minor']]);
    expect(own).toEqual([
      ['invoice', 5500],
      ['credit_note', 1833],
      ['credit_note', 3667],
    ]);
    expect(taken.filter(({ body }) => body['customer'] === 'voided').map(({ body }) => body['document'])).toEqual([
      'invoice',
      'void',
      'invoice',
    ]);
    expect((await at.invoice('pushed')).finance_invoice_id).toMatch(/^FIN-/);
  });
});

it('every invoice of these stories follows from what lies on the streams', async () => {
  const { periods, differing } = await at.proveAll();
  expect(periods).toBeGreaterThan(0);
  expect(differing).toEqual({});
});
