import { billingIngest, invoicing, isRefusal } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bill, line, share } from './provider-bill.ts';
import { closeOf, fact, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

const droplet = { kind: 'droplet_hours', dimension: 's-1', qty: '86400', divisor: '3600', resource: '1' };
const tenants = ['first', 'second', 'bare'];

/** A month in which every tenant ran one droplet, closed. */
const month = async (period: string) => {
  const facts = tenants.flatMap((name) => [fact(name, name, `${period}-01`, [droplet])]);
  await at.receive(...facts);
  await at.close(closeOf(period, facts));
};

const receive = async (...bills: ReturnType<typeof bill>[]) => {
  for (const one of bills) await publishEvent(at.nats, billingIngest.invoiceIngested, one);
  await at.running.settled();
};

const runOf = async (tenant: string, period: string) =>
  granted(await at.ask(invoicing.listInvoiceRuns, { tenant_id: tenant, period })).items.at(-1);

const withoutBill = async (tenant_id: string, period = '2026-04', reason = 'The provider sends no bill') => {
  const answer = await at.ask(invoicing.runInvoices, { period, tenant_id, without_bill: { reason } });
  await at.running.settled();
  return isRefusal(answer) ? answer.refused : answer.tenants;
};

const linesOf = async (tenant: string, period: string) =>
  (await at.invoice(tenant, period)).lines.map(({ kind, amount_cents }) => [kind, amount_cents]);

beforeAll(async () => {
  at = await openStage('2026-05-01T03:00:00Z');
  const items = ['droplet_hours', 'kubernetes_ha_hours'].map((kind) => ({
    kind,
    charge_model: 'pass_through' as const,
    mark_up_percent: '20',
  }));
  for (const [plan_code, base_price_cents] of [
    ['waits', 1000],
    ['bare', 0],
  ] as const)
    granted(await at.ask(invoicing.createPlan, { plan_code, name: plan_code, base_price_cents, items, publish: true }));
  for (const name of tenants) {
    await at.deploy(name, name);
    await at.subscribe(name, name === 'bare' ? 'bare' : 'waits');
  }
  await month('2026-04');
});
afterAll(() => at[Symbol.asyncDispose]());

describe('invoicing: a month whose bill of the provider never comes', () => {
  it('waits, and a run by hand alone does not change that', async () => {
    granted(await at.ask(invoicing.runInvoices, { period: '2026-04', tenant_id: 'first' }));
    await at.running.settled();
    expect(await runOf('first', '2026-04')).toMatchObject({ status: 'waiting', waits_for: 'bill', without_bill: null });
  });

  it('a decision without a tenant, together with `force`, or for a month that is not closed is refused', async () => {
    const decided = { without_bill: { reason: 'none' } };
    expect(await at.ask(invoicing.runInvoices, { period: '2026-04', ...decided })).toMatchObject({
      refused: 'tenant-missing',
    });
    const forced = { period: '2026-04', tenant_id: 'first', force: true, ...decided };
    await expect(at.ask(invoicing.runInvoices, forced)).rejects.toThrow('not together with `force`');
    expect(await withoutBill('first', '2026-03')).toBe('period-not-closed');
    expect(await withoutBill('unknown')).toBe('unknown-tenant');
    expect(await runOf('first', '2026-04')).toMatchObject({ status: 'waiting' });
  });

  it('is invoiced without the bill once an operator decides so, with the reason on the invoice; others go on waiting', async () => {
    expect(await withoutBill('first')).toEqual(['first']);
    expect(await runOf('first', '2026-04')).toMatchObject({
      status: 'invoiced',
      waits_for: null,
      without_bill: { reason: 'The provider sends no bill', decided_by: 'op', decided_at: '2026-05-01T03:00:00Z' },
    });
    const invoice = await at.invoice('first', '2026-04');
    expect(invoice).toMatchObject({
      subtotal_cents: 1000,
      without_bill_reason: 'The provider sends no bill',
      unbilled: [{ kind: 'droplet_hours', reason: 'no_bill', qty: '24' }],
    });
    const own = await at.ask(invoicing.getInvoice, { invoice_id: invoice.invoice_id }, tenantActor('first'));
    expect(own).toMatchObject({ without_bill_reason: 'The provider sends no bill' });
    expect(await runOf('second', '2026-04')).toMatchObject({ status: 'waiting', waits_for: 'bill' });
    expect(await at.invoices('second', '2026-04')).toEqual([]);
    expect(await at.prove('2026-04')).toEqual({});
  });

  it('the same decision again, as after a lost answer, is answered as before and changes nothing', async () => {
    const [before] = await at.invoices('first', '2026-04');
    expect(await withoutBill('first')).toEqual(['first']);
    expect(await at.invoices('first', '2026-04')).toEqual([before]);
  });

  it('another decision on the same month is refused, and the first reason stays', async () => {
    expect(await withoutBill('first', '2026-04', 'another')).toBe('not-waiting-for-bill');
    const { rows } = await sql<{ reason: string }>`SELECT reason FROM invoices_without_bill`.execute(
      at.running.context.db,
    );
    expect(rows).toEqual([{ reason: 'The provider sends no bill' }]);
  });

  it('two decisions at the same time make one invoice', async () => {
    const ask = () =>
      at.ask(invoicing.runInvoices, { period: '2026-04', tenant_id: 'bare', without_bill: { reason: 'none' } });
    await Promise.all([ask(), ask()]);
    await at.running.settled();
    expect(await linesOf('bare', '2026-04')).toEqual([
      ['plan_base', 0],
      ['tax', 0],
    ]);
    expect(await at.prove('2026-04')).toEqual({});
  });

  it('a bill that comes after all is on the waiting invoice, and an adjustment on the next one of the others', async () => {
    const shares = [share('first', 'first', 500), share('second', 'second', 700), share('bare', 'bare', 100)];
    await receive(bill('2026-04', 1, [line(1, shares)], { fx: { to: 'AUD', rate: '2' } }));
    expect(await linesOf('second', '2026-04')).toEqual([
      ['plan_base', 1000],
      ['overage', 1680],
      ['tax', 268],
    ]);
    expect(await at.invoice('second', '2026-04')).not.toHaveProperty('without_bill_reason');
    expect(await linesOf('first', '2026-04')).toEqual([
      ['plan_base', 1000],
      ['tax', 100],
    ]);
    at.clock.set(Temporal.Instant.from('2026-06-01T03:00:00Z'));
    await month('2026-05');
    await receive(bill('2026-05', 1, []));
    expect(await linesOf('first', '2026-05')).toEqual([
      ['plan_base', 1000],
      ['adjustment', 1200],
      ['tax', 220],
    ]);
    expect(await linesOf('bare', '2026-05')).toEqual([
      ['plan_base', 0],
      ['adjustment', 240],
      ['tax', 24],
    ]);
    expect(await linesOf('second', '2026-05')).toEqual([
      ['plan_base', 1000],
      ['tax', 100],
    ]);
    expect((await at.proveAll()).differing).toEqual({});
  });

  it('a bill that never settles is left out, and neither is its exchange rate waited for', async () => {
    at.clock.set(Temporal.Instant.from('2026-07-01T03:00:00Z'));
    await month('2026-06');
    const unsettled = { status: 'unreconciled' as const, difference_minor: 5, fx: null };
    await receive(bill('2026-06', 1, [line(1, [share('first', 'first', 999)])], unsettled));
    expect(await runOf('first', '2026-06')).toMatchObject({ waits_for: 'bill' });
    expect(await withoutBill('first', '2026-06')).toEqual(['first']);
    expect(await linesOf('first', '2026-06')).toEqual([
      ['plan_base', 1000],
      ['tax', 100],
    ]);
    await receive(bill('2026-06', 2, [line(1, [share('first', 'first', 999)])], { fx: null }));
    // The rate of the settled bill is missing for the tenant that waits; no decision can be made about that.
    expect(await runOf('second', '2026-06')).toMatchObject({ status: 'waiting', waits_for: 'rate' });
    expect(await withoutBill('second', '2026-06')).toBe('not-waiting-for-bill');
    expect(await at.prove('2026-06')).toEqual({});
  });
});
