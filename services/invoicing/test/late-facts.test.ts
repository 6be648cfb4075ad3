import { invoicing, isRefusal } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, fact, granted, type Invoice, openStage } from './stage.ts';

const apiPlan = {
  plan_code: 'api',
  name: 'Api',
  base_price_cents: 0,
  items: [{ kind: 'load_balancer_hours', included_qty: '100', overage_price_cents: '10' }],
} as const;

const calls = (name: string, day: string, qty: string, fields: Parameters<typeof fact>[4] = {}) =>
  fact(name, name, day, [{ kind: 'load_balancer_hours', qty }], fields);

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
beforeAll(async () => {
  at = await openStage();
  granted(await at.ask(invoicing.createPlan, { ...apiPlan, items: [...apiPlan.items], publish: true }));
});
afterAll(() => at[Symbol.asyncDispose]());

let year = 2026;
/** Each story has a tenant and a year of its own, subscribed from April to July. */
const begin = async (name: string) => {
  year += 1;
  const of = String(year);
  await at.deploy(name, name);
  await at.subscribe(name, 'api', { starts_at: `${of}-04-01T00:00:00Z`, ends_at: `${of}-08-01T00:00:00Z` });
  return of;
};

/** 90 of 100 included calls in April, invoiced, and 30 more that became known after the close. */
const beginLate = async (name: string) => {
  const of = await begin(name);
  const early = calls(name, `${of}-04-10`, '90');
  const late = calls(name, `${of}-04-20`, '30', { close_revision: 2 });
  await at.receive(early);
  await at.close(closeOf(`${of}-04`, [early]));
  await at.receive(late);
  return { name, of, early, late };
};

const adjustments = (invoice: Invoice) => invoice.lines.filter(({ kind }) => kind === 'adjustment');

describe('invoicing: usage that arrives after the close', () => {
  it('late usage is an adjustment on the next invoice, labelled with its month: 2.00, not 3.00, not 0.00', async () => {
    const { name, of } = await beginLate('adjusted');
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id: name, period: `${of}-05` }));
    expect(preview.pending_adjustments.map(({ amount_cents }) => amount_cents)).toEqual([200]);
    await at.close(closeOf(`${of}-05`, []));
    const may = await at.invoice(name, `${of}-05`);
    expect(may.lines.map(({ kind, description, amount_cents }) => [kind, description, amount_cents])).toEqual([
      ['plan_base', 'Api', 0],
      ['adjustment', `Adjustment for ${of}-04: Overage load_balancer_hours: 120 used, 100 included`, 200],
      ['tax', 'GST 10 %', 20],
    ]);
    expect((await at.invoice(name, `${of}-04`)).total_cents).toBe(0);
  });

  it('late usage is adjusted once, and a correction of it by the difference alone', async () => {
    const { name, of } = await beginLate('corrected');
    await at.close(closeOf(`${of}-05`, []));
    await at.close(closeOf(`${of}-06`, []));
    expect((await at.invoice(name, `${of}-06`)).subtotal_cents).toBe(0);
    await at.receive(calls(name, `${of}-04-20`, '25', { close_revision: 2, revision: 2 }));
    await at.close(closeOf(`${of}-07`, []));
    // July would come to less than zero, so the correction is a credit note.
    expect(adjustments(await at.invoice(name, `${of}-07`))).toEqual([]);
    const notes = granted(await at.ask(invoicing.listCreditNotes, { tenant_id: name })).items;
    expect(notes.map(({ kind, net_cents, tax_cents }) => [kind, net_cents, tax_cents])).toEqual([['excess', 50, 5]]);
  });

  it('a forced run voids and reissues what differs, under the next number', async () => {
    const { name, of, early, late } = await beginLate('reissued');
    await at.close(closeOf(`${of}-04`, [early, late], { revision: 2, is_forced: true }));
    const all = (await at.invoices(name, `${of}-04`)).toSorted((a, b) =>
      String(a.number) < String(b.number) ? -1 : 1,
    );
    expect(all.map(({ status, subtotal_cents }) => [status, subtotal_cents])).toEqual([
      ['void', 0],
      ['issued', 200],
    ]);
    expect(all[0]?.replaced_by).toBe(all[1]?.invoice_id);
    await at.close(closeOf(`${of}-05`, []));
    expect((await at.invoice(name, `${of}-05`)).subtotal_cents).toBe(0);
  });

  it('a forced run keeps an invoice that does not differ', async () => {
    const of = await begin('steady');
    await at.close(closeOf(`${of}-04`, []));
    const before = await at.invoice('steady', `${of}-04`);
    await at.close(closeOf(`${of}-04`, [], { revision: 2, is_forced: true }));
    expect(await at.invoices('steady', `${of}-04`)).toEqual([before]);
  });

  it('a forced run is refused for a paid invoice, and for one whose adjustment was issued', async () => {
    const { name, of, early, late } = await beginLate('refused');
    await at.close(closeOf(`${of}-05`, []));
    await at.close(closeOf(`${of}-04`, [early, late], { revision: 2, is_forced: true }));
    const runs = granted(await at.ask(invoicing.listInvoiceRuns, { period: `${of}-04`, tenant_id: name })).items;
    expect([runs.at(-1)?.status, runs.at(-1)?.detail]).toEqual(['refused', 'adjustment-issued']);
    const refusal = await at.ask(invoicing.runInvoices, { period: `${of}-04`, tenant_id: name, force: true });
    expect(isRefusal(refusal) && refusal.refused).toBe('adjustment-issued');
    const may = await at.invoice(name, `${of}-05`);
    granted(await at.ask(invoicing.payInvoice, { invoice_id: may.invoice_id, reference: 'bank 1' }));
    const paid = await at.ask(invoicing.runInvoices, { period: `${of}-05`, tenant_id: name, force: true });
    expect(isRefusal(paid) && paid.refused).toBe('invoice-paid');
  });

  it('a reissued invoice contains the adjustments of the one it replaces', async () => {
    const { name, of } = await beginLate('carried');
    await at.close(closeOf(`${of}-05`, []));
    const used = calls(name, `${of}-05-03`, '101', { close_revision: 2 });
    await at.receive(used);
    await at.close(closeOf(`${of}-05`, [used], { revision: 2, is_forced: true }));
    expect((await at.invoice(name, `${of}-05`)).subtotal_cents).toBe(210);
    await at.close(closeOf(`${of}-06`, []));
    expect((await at.invoice(name, `${of}-06`)).subtotal_cents).toBe(0);
  });

  it('each invoice and adjustment records which fact revisions it billed', async () => {
    const { name, of } = await beginLate('proven');
    await at.close(closeOf(`${of}-05`, []));
    const { invoice_id, ...may } = await at.invoice(name, `${of}-05`);
    const [line] = adjustments({ invoice_id, ...may });
    const evidence = granted(await at.ask(invoicing.getLineEvidence, { invoice_id, line_id: line?.line_id ?? '' }));
    expect(evidence.items.map((item) => [item.period_start, item.revision, item.lines[0]?.unit_seconds])).toEqual([
      [`${of}-04-10T00:00:00Z`, 1, '90'],
      [`${of}-04-20T00:00:00Z`, 1, '30'],
    ]);
    expect(evidence.has_observations).toBe(false);
  });
});

it('whatever order facts of three months arrive in, the same is billed in all', async () => {
  const billed = async (name: string, lateOnes: readonly number[]) => {
    const of = await begin(name);
    const months = ['04', '05', '06'].map((month) => `${of}-${month}`);
    const facts = months.flatMap((month) => ['05', '15', '25'].map((day) => calls(name, `${month}-${day}`, '77')));
    for (const month of months) {
      const timely = facts.filter((one, index) => one.period === month && !lateOnes.includes(index));
      await at.receive(...timely);
      await at.close(closeOf(month, timely));
      const late = facts.filter((one, index) => one.period === month && lateOnes.includes(index));
      if (late.length > 0) await at.receive(...late.map((one) => ({ ...one, close_revision: 2 })));
    }
    await at.close(closeOf(`${of}-07`, []));
    return (await at.invoices(name)).reduce((sum, { subtotal_cents }) => sum + subtotal_cents, 0);
  };
  const timely = await billed('timely', []);
  expect(timely).toBe(3 * 1310);
  expect(await billed('late-by-three', [0, 4, 8])).toBe(timely);
  expect(await billed('late-by-four', [1, 2, 3, 5])).toBe(timely);
});

it('every invoice of these stories follows from what lies on the streams', async () => {
  const { periods, differing } = await at.proveAll();
  expect(periods).toBeGreaterThan(0);
  expect(differing).toEqual({});
});
