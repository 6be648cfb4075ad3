import { billingIngest, inventorySync, invoicing } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, fact, granted, openStage } from './stage.ts';

let at: Awaited<ReturnType<typeof openStage>>;

const observed = (size_slug: string, price_monthly: string) => ({
  provider: 'digitalocean',
  size_slug,
  price_monthly,
  price_hourly: '0.00893',
  currency: 'USD',
  effective_at: '2026-03-01T10:00:00Z',
  observed_at: '2026-03-01T10:00:00Z',
});

beforeAll(async () => {
  at = await openStage();
  granted(
    await at.ask(invoicing.createPlan, {
      plan_code: 'cost',
      name: 'Cost',
      base_price_cents: 1000,
      items: [{ kind: 'backup_gb_month', charge_model: 'cost_plus', mark_up_percent: '20' }],
      publish: true,
    }),
  );
  await publishEvent(at.nats, inventorySync.priceObserved, [observed('s-1', '12'), observed('g-1', '67.2')]);
  await publishEvent(at.nats, billingIngest.exchangeRatePinned, {
    period: '2026-06',
    from: 'USD',
    to: 'AUD',
    rate: '1.5',
    source: 'a test',
    set_by: 'op',
    set_at: '2026-07-02T00:00:00Z',
  });
  await at.running.settled();
});
afterAll(() => at[Symbol.asyncDispose]());

describe('invoicing: backups by cost', () => {
  it('are charged by the share of the price of their droplet, on the line, in its evidence, in a quote and in a proof', async () => {
    at.clock.set(Temporal.Instant.from('2026-07-01T03:00:00Z'));
    await at.deploy('saves', 'saves');
    await at.subscribe('saves', 'cost', { starts_at: '2026-06-01T00:00:00Z' });
    const june = Array.from({ length: 30 }, (_, index) => `2026-06-${String(index + 1).padStart(2, '0')}`);
    const backup = (dimension: string, resource: string) => ({
      kind: 'backup_gb_month',
      dimension,
      qty: String(5 * 86_400),
      divisor: String(30 * 86_400),
      resource,
    });
    const facts = june.map((day, index) =>
      fact('saves', 'saves', day, [
        // Resized at the beginning of the 15th: from 12 to 67.2 USD.
        ...['b1', 'b2', 'b3', 'b4'].map((id) => backup(`weekly ${index < 14 ? 's-1' : 'g-1'} of 101`, id)),
        backup('of no plan', 'b5'),
      ]),
    );
    await at.receive(...facts);
    await at.close(closeOf('2026-06', facts));
    const invoice = await at.invoice('saves', '2026-06');
    const lines = invoice.lines.filter(({ kind }) => kind === 'overage');
    // 14 days of 28 at 2.4 USD, and 16 at 13.44, by 1.5 and 1.2.
    expect(lines.map(({ description, amount_cents }) => [description, amount_cents])).toEqual([
      [
        "Overage backup_gb_month weekly s-1 of 101: 9.3333 used, 0 included, list price 1.2 USD as 20 % of the droplet's price at 1.5 (2026-06) plus 20 %",
        216,
      ],
      [
        "Overage backup_gb_month weekly g-1 of 101: 10.6667 used, 0 included, list price 7.68 USD as 20 % of the droplet's price at 1.5 (2026-06) plus 20 %",
        1382,
      ],
    ]);
    expect(invoice.unbilled).toMatchObject([
      { kind: 'backup_gb_month', reason: 'no_list_price', dimensions: ['of no plan'] },
    ]);
    const asked = { invoice_id: invoice.invoice_id, line_id: lines[1]?.line_id ?? '', limit: 200 };
    const evidence = granted(await at.ask(invoicing.getLineEvidence, asked));
    expect(evidence.terms).toMatchObject({
      list_prices: [
        { dimension: 'weekly g-1 of 101', price_monthly: '13.44', share_percent: '20' },
        { dimension: 'weekly s-1 of 101', price_monthly: '2.4', share_percent: '20' },
      ],
    });
    const quoted = granted(
      await at.ask(invoicing.createQuote, {
        plan_code: 'cost',
        period: '2026-09',
        spec: { backups_gb: { 'weekly s-1 of 1': '20' } } as never,
      }),
    );
    expect(quoted.lines.find(({ kind }) => kind === 'overage')?.amount_cents).toBe(432);
    expect(await at.prove('2026-06')).toEqual({});
  });
});
