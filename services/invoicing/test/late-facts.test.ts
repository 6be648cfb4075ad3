import { invoicing, isRefusal, metering } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { closeOf, fact, granted, stage } from './stage.ts';

const apiPlan = {
  plan_code: 'api',
  name: 'Api',
  base_price_cents: 0,
  items: [{ kind: 'api_calls', included_qty: '100', overage_price_cents: '10' }],
} as const;

const calls = (day: string, qty: string, fields: Parameters<typeof fact>[4] = {}) =>
  fact('shop', 'acme', day, [{ kind: 'api_calls', qty }], fields);

/** 90 of 100 included calls in April, invoiced, and 30 more that became known after the close. */
async function lateStage() {
  const at = await stage();
  await at.deploy('shop', 'acme');
  granted(await at.ask(invoicing.createPlan, { ...apiPlan, items: [...apiPlan.items], publish: true }));
  await at.subscribe('shop', 'api');
  const early = calls('2026-04-10', '90');
  const late = calls('2026-04-20', '30', { close_revision: 2 });
  await at.hear(early);
  await at.close(closeOf('2026-04', [early]));
  await at.hear(late);
  return { at, early, late };
}

describe('usage known only after the close', () => {
  it('is an adjustment of the next invoice, labelled with its month: 2.00, not 3.00, not 0.00', async () => {
    const { at } = await lateStage();
    await using _ = at;
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant: 'acme' }));
    expect(preview.pending_adjustments.map(({ amount_cents }) => amount_cents)).toEqual([200]);
    await at.close(closeOf('2026-05', []));
    const may = await at.invoice('acme', '2026-05');
    expect(may.lines.map(({ kind, description, amount_cents }) => [kind, description, amount_cents])).toEqual([
      ['plan_base', 'Api', 0],
      ['adjustment', 'Adjustment for 2026-04: Overage api_calls: 120 used, 100 included', 200],
      ['tax', 'GST 10 %', 20],
    ]);
    expect((await at.invoice('acme', '2026-04')).total_cents).toBe(0);
  });

  it('is adjusted once, and a correction of it by the difference alone', async () => {
    const { at } = await lateStage();
    await using _ = at;
    await at.close(closeOf('2026-05', []));
    await at.close(closeOf('2026-06', []));
    expect((await at.invoice('acme', '2026-06')).subtotal_cents).toBe(0);
    await at.hear(calls('2026-04-20', '25', { close_revision: 2, revision: 2 }));
    await at.close(closeOf('2026-07', []));
    const july = await at.invoice('acme', '2026-07');
    expect(july.lines.filter(({ kind }) => kind === 'adjustment').map(({ amount_cents }) => amount_cents)).toEqual([
      -50,
    ]);
  });

  it('a forced run voids and reissues what differs, under the next number', async () => {
    const { at, early, late } = await lateStage();
    await using _ = at;
    await at.close(closeOf('2026-04', [early, late], { revision: 2, is_forced: true }));
    const all = (await at.invoices('acme', '2026-04')).toSorted((a, b) =>
      String(a.number) < String(b.number) ? -1 : 1,
    );
    expect(all.map(({ number, status, subtotal_cents }) => [number, status, subtotal_cents])).toEqual([
      ['INV-000001', 'void', 0],
      ['INV-000002', 'issued', 200],
    ]);
    expect(all[0]?.replaced_by).toBe(all[1]?.invoice_id);
    await at.close(closeOf('2026-05', []));
    expect((await at.invoice('acme', '2026-05')).subtotal_cents).toBe(0);
  });

  it('a forced run leaves alone what does not differ', async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.subscribe('shop', 'studio');
    await at.close(closeOf('2026-04', []));
    const before = await at.invoice('acme');
    await at.close(closeOf('2026-04', [], { revision: 2, is_forced: true }));
    expect(await at.invoices('acme')).toEqual([before]);
  });

  it('a forced run is refused for a paid invoice, and for one whose adjustment was issued', async () => {
    const { at, early, late } = await lateStage();
    await using _ = at;
    await at.close(closeOf('2026-05', []));
    await at.close(closeOf('2026-04', [early, late], { revision: 2, is_forced: true }));
    const adjusted = granted(await at.ask(invoicing.listInvoiceRuns, { period: '2026-04' })).items.at(-1);
    expect([adjusted?.status, adjusted?.detail]).toEqual(['refused', 'adjustment-issued']);
    const refusal = await at.ask(invoicing.runInvoices, { period: '2026-04', tenant: 'acme', force: true });
    expect(isRefusal(refusal) && refusal.refused).toBe('adjustment-issued');
    const may = await at.invoice('acme', '2026-05');
    granted(await at.ask(invoicing.payInvoice, { invoice_id: may.invoice_id, reference: 'bank 1' }));
    const paid = await at.ask(invoicing.runInvoices, { period: '2026-05', tenant: 'acme', force: true });
    expect(isRefusal(paid) && paid.refused).toBe('invoice-paid');
  });

  it('a reissued invoice takes the adjustments of the one it replaces with it', async () => {
    const { at } = await lateStage();
    await using _ = at;
    await at.close(closeOf('2026-05', []));
    const used = calls('2026-05-03', '101', { close_revision: 2 });
    await at.hear(used);
    await at.close(closeOf('2026-05', [used], { revision: 2, is_forced: true }));
    const may = await at.invoice('acme', '2026-05');
    expect([may.number, may.subtotal_cents]).toEqual(['INV-000003', 210]);
    await at.close(closeOf('2026-06', []));
    expect((await at.invoice('acme', '2026-06')).subtotal_cents).toBe(0);
  });

  it('records of each invoice and adjustment which fact revisions it billed', async () => {
    const { at } = await lateStage();
    await using _ = at;
    await at.close(closeOf('2026-05', []));
    const line = (await at.invoice('acme', '2026-05')).lines.find(({ kind }) => kind === 'adjustment');
    const may = await at.invoice('acme', '2026-05');
    const evidence = granted(
      await at.ask(invoicing.getLineEvidence, { invoice_id: may.invoice_id, line_id: line?.line_id ?? '' }),
    );
    expect(
      evidence.items.map(({ period_start, revision, lines }) => [period_start, revision, lines[0]?.unit_seconds]),
    ).toEqual([
      ['2026-04-10T00:00:00Z', 1, '90'],
      ['2026-04-20T00:00:00Z', 1, '30'],
    ]);
    expect(evidence.has_observations).toBe(false);
  });
});

it('whatever order facts of three months arrive in, the same is billed in all', async () => {
  const months = ['2026-04', '2026-05', '2026-06'];
  const facts = months.flatMap((month) => ['05', '15', '25'].map((day) => calls(`${month}-${day}`, '77')));
  const billed = async (lateOnes: readonly number[]) => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    granted(await at.ask(invoicing.createPlan, { ...apiPlan, items: [...apiPlan.items], publish: true }));
    await at.subscribe('shop', 'api');
    for (const month of months) {
      const timely = facts.filter((one, index) => one.period === month && !lateOnes.includes(index));
      await at.hear(...timely);
      await at.close(closeOf(month, timely));
      const late = facts.filter((one, index) => one.period === month && lateOnes.includes(index));
      if (late.length > 0)
        await publishEvent(
          at.nats,
          metering.usageAccrued,
          late.map((one) => ({ ...one, close_revision: 2 })),
        );
      await at.running.settled();
    }
    await at.close(closeOf('2026-07', []));
    return (await at.invoices('acme')).reduce((sum, { subtotal_cents }) => sum + subtotal_cents, 0);
  };
  const timely = await billed([]);
  expect(timely).toBe(3 * 1310);
  expect(await billed([0, 4, 8])).toBe(timely);
  expect(await billed([1, 2, 3, 5])).toBe(timely);
}, 60_000);
