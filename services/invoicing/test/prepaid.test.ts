import { invoicing, isRefusal } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { closeOf, fact, figures, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
const kind = 'load_balancer_hours';

beforeAll(async () => {
  at = await openStage('2026-04-10T12:00:00Z');
  granted(
    await at.ask(invoicing.putPlan, {
      plan_code: 'small',
      name: 'Small',
      base_price_cents: 5000,
      items: [{ kind, included_qty: '100', overage_price_cents: '10' }],
    }),
  );
});
afterAll(() => at[Symbol.asyncDispose]());

const setClock = (instant: string) => at.clock.set(Temporal.Instant.from(instant));
const begin = async (name: string) => {
  setClock('2026-04-10T12:00:00Z');
  await at.deploy(name, name);
  await at.subscribe(name, 'small');
};
const add = async (tenant_id: string, fields: Partial<z.input<typeof invoicing.createPrepaidCredit.input>> = {}) =>
  at.ask(invoicing.createPrepaidCredit, {
    tenant_id,
    origin: 'granted',
    name: 'Start',
    amount_cents: 2000,
    reason: 'agreed',
    ...fields,
  });
const paid = { origin: 'paid' as const, name: 'Top-up', reference: 'bank 1' };

const known: ReturnType<typeof fact>[] = [];
let closes = 0;
const close = async (period: string, ...facts: ReturnType<typeof fact>[]) => {
  const next = Temporal.PlainYearMonth.from(period).add({ months: 1 }).toString();
  setClock(`${next}-01T03:00:00Z`);
  await at.receive(...facts);
  known.push(...facts);
  await at.close(closeOf(period, known, { revision: ++closes }));
};
const credits = async (tenant_id: string, instant?: string) =>
  granted(await at.ask(invoicing.listPrepaidCredits, { tenant_id, ...(instant === undefined ? {} : { at: instant }) }));
const ledger = async (tenant_id: string) =>
  granted(await at.ask(invoicing.getPrepaidLedger, { tenant_id }, tenantActor(tenant_id))).items.map((entry) => [
    entry.at.slice(0, 10),
    entry.kind,
    entry.amount_cents,
    entry.balance_cents,
  ]);

describe('invoicing: prepaid credit', () => {
  it('granted credit lowers invoices before tax and paid credit pays them, month by month; the ledger and the proof follow', async () => {
    const name = 'both';
    await begin(name);
    granted(await add(name, { amount_cents: 6000, expires_on: '2026-06-01' }));
    granted(await add(name, { ...paid, amount_cents: 3000 }));
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id: name }));
    expect(preview.so_far).toMatchObject({ subtotal_cents: 0, total_cents: 0 });
    await close('2026-04', fact(name, name, '2026-04-05', [{ kind, qty: '120' }]));
    const april = await at.invoice(name);
    expect([...figures(april), april.amount_due_cents]).toEqual([0, 0, 0, 0]);
    expect(april.lines.map((line) => [line.kind, line.amount_cents])).toEqual([
      ['plan_base', 5000],
      ['overage', 200],
      ['credit', -5200],
      ['tax', 0],
    ]);
    await close('2026-05');
    const may = await at.invoice(name, '2026-05');
    // 50.00 less the last 8.00 is 42.00; with tax 46.20, of which 30.00 are paid.
    expect([...figures(may), may.applied_credit_cents, may.amount_due_cents]).toEqual([4200, 420, 4620, 3000, 1620]);
    expect(may.prepaid).toHaveLength(2);
    expect(await ledger(name)).toEqual([
      ['2026-06-01', 'draw', -3000, 0],
      ['2026-06-01', 'draw', -800, 3000],
      ['2026-05-01', 'draw', -5200, 3800],
      ['2026-04-10', 'credit', 3000, 9000],
      ['2026-04-10', 'credit', 6000, 6000],
    ]);
    expect((await credits(name, '2026-05-20T00:00:00Z')).balance_cents).toBe(3800);
    expect(await at.proveAll()).toEqual({ periods: 2, differing: {} });
    const statement = granted(await at.ask(invoicing.getStatement, { tenant_id: name })).items;
    expect(statement.map((entry) => [entry.kind, entry.amount_cents])).toEqual([
      ['payment', -3000],
      ['invoice', 4620],
      ['invoice', 0],
    ]);
  });

  it('a void invoice gives back what it drew, the next run draws again, and credit notes come after paid credit', async () => {
    const name = 'voided';
    await begin(name);
    granted(await add(name, { ...paid, amount_cents: 1000 }));
    await close('2026-04', fact(name, name, '2026-04-06', [{ kind, qty: '10' }]));
    const first = await at.invoice(name);
    expect([first.total_cents, first.amount_due_cents]).toEqual([5500, 4500]);
    granted(await at.ask(invoicing.voidInvoice, { invoice_id: first.invoice_id, reason: 'wrong address' }));
    expect((await credits(name)).balance_cents).toBe(1000);
    granted(await at.ask(invoicing.runInvoices, { period: '2026-04', tenant_id: name }));
    await at.running.settled();
    const second = await at.invoice(name);
    expect([second.total_cents, second.amount_due_cents]).toEqual([5500, 4500]);
    expect((await credits(name)).balance_cents).toBe(0);
    granted(await at.ask(invoicing.payInvoice, { invoice_id: second.invoice_id, reference: 'bank 2' }));
    granted(await at.ask(invoicing.creditInvoice, { invoice_id: second.invoice_id, reason: 'outage' }));
    granted(await add(name, { ...paid, amount_cents: 2000 }));
    await close('2026-05');
    const may = await at.invoice(name, '2026-05');
    // Of 55.00 paid credit pays 20.00, and 35.00 of the 55.00 that were credited.
    expect([may.applied_credit_cents, may.amount_due_cents]).toEqual([5500, 0]);
    const [note] = granted(await at.ask(invoicing.listCreditNotes, { tenant_id: name })).items;
    expect(note?.open_cents).toBe(2000);
    expect(await at.prove('2026-04')).toEqual({});
    expect(await at.prove('2026-05')).toEqual({});
  });

  it('a draft reserves what it draws, and is made again when its terms change', async () => {
    await using stage = await openStage('2026-04-10T12:00:00Z', { INVOICE_GRACE_HOURS: '24' });
    granted(await stage.ask(invoicing.putPlan, { plan_code: 'small', base_price_cents: 5000, items: [] }));
    await stage.deploy('draft', 'draft');
    await stage.subscribe('draft', 'small');
    const tenant_id = 'draft';
    granted(
      await stage.ask(invoicing.createPrepaidCredit, {
        tenant_id,
        origin: 'granted',
        name: 'x',
        amount_cents: 2000,
        reason: 'agreed',
      }),
    );
    stage.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
    await stage.close(closeOf('2026-04', []));
    expect(await stage.invoice('draft')).toMatchObject({ status: 'draft', subtotal_cents: 3000 });
    granted(
      await stage.ask(invoicing.addDiscount, {
        tenant_id,
        name: 'x',
        on: 'invoice',
        percent: '70',
        first_period: '2026-04',
        reason: 'agreed',
      }),
    );
    await stage.running.settled();
    expect(await stage.invoice('draft')).toMatchObject({ status: 'draft', subtotal_cents: 0 });
    const left = granted(await stage.ask(invoicing.listPrepaidCredits, { tenant_id }));
    expect(left.balance_cents).toBe(500);
    // A second change at the same instant makes it again too.
    granted(await stage.ask(invoicing.addCommitment, { tenant_id, amount_cents: 2100, from: '2026-04-01' }));
    await stage.running.settled();
    expect(await stage.invoice('draft')).toMatchObject({ status: 'draft', subtotal_cents: 100 });
    stage.clock.set(Temporal.Instant.from('2026-05-02T04:00:00Z'));
    await stage.running.runJob('issue-drafts', '2026-05-02T04:12:00Z');
    await stage.running.settled();
    expect(await stage.invoice('draft')).toMatchObject({ status: 'issued', subtotal_cents: 100 });
    expect(await stage.prove('2026-04')).toEqual({});
  });

  it('credit that expires within the month, or is withdrawn, is not drawn; faulty credit is refused', async () => {
    const name = 'expired';
    await begin(name);
    granted(await add(name, { expires_on: '2026-04-30' }));
    const { items } = granted(await add(name));
    const end = { tenant_id: name, credit_id: items[0]?.credit_id ?? '', reason: 'a mistake' };
    expect(granted(await at.ask(invoicing.endPrepaidCredit, end))).toMatchObject({ balance_cents: 2000 });
    const refusal = async (answer: Promise<unknown>) => {
      const refused = await answer;
      return isRefusal(refused) ? `${refused.refused}: ${refused.detail}` : 'granted';
    };
    expect(await refusal(at.ask(invoicing.endPrepaidCredit, end))).toMatch(/^already-ended: /);
    expect(await refusal(add(name, { ...paid, reference: undefined }))).toMatch(/^invalid-term: `reference`/);
    expect(await refusal(add(name, { reference: 'bank' }))).toMatch(/^invalid-term: `reference`/);
    expect(await refusal(add(name, { expires_on: '2026-04-10' }))).toMatch(/^invalid-term: `expires_on`/);
    expect(await refusal(add('no-such'))).toMatch(/^not-found: /);
    expect(await refusal(at.ask(invoicing.listPrepaidCredits, { tenant_id: name }, tenantActor('both')))).toMatch(
      /^not-found: /,
    );
    await close('2026-04', fact(name, name, '2026-04-07', [{ kind, qty: '1' }]));
    expect(figures(await at.invoice(name))).toEqual([5000, 500, 5500]);
    expect((await ledger(name)).map(([, what]) => what)).toEqual(['expiry', 'withdrawal', 'credit', 'credit']);
  });
});
