import { billingIngest, inventorySync, invoicing } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
const june = Array.from({ length: 30 }, (_, index) => `2026-06-${String(index + 1).padStart(2, '0')}`);
const kind = 'droplet_backup_hours';

beforeAll(async () => {
  at = await openStage();
  granted(
    await at.ask(invoicing.createPlan, {
      plan_code: 'cost',
      name: 'Cost',
      base_price_cents: 1000,
      items: [{ kind, charge_model: 'cost_plus', mark_up_percent: '20' }],
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

it('backups are charged by their share of the price of the droplet to the second, on the line, in its evidence, a quote and a proof', async () => {
  at.clock.set(Temporal.Instant.from('2026-07-01T03:00:00Z'));
  await at.deploy('saves', 'saves');
  await at.subscribe('saves', 'cost', { starts_at: '2026-06-01T00:00:00Z' });
  const on = (dimension: string | undefined, seconds: number, resource: string) => ({
    kind,
    ...(dimension === undefined ? {} : { dimension }),
    qty: String(seconds),
    divisor: '3600',
    resource,
  });
  const gigabytes = { kind: 'backup_gb_month', qty: String(5 * 86_400), divisor: String(30 * 86_400), resource: 'b1' };
  const facts = june.map((day, index) =>
    fact('saves', 'saves', day, [
      // Resized on the 15th at 13:37, from 12 to 67.2 USD, and 50,000 seconds of a droplet whose plan is not known.
      ...(index < 14 ? [on('weekly s-1', 86_400, 'd1')] : []),
      ...(index === 14
        ? [on('weekly s-1', 49_020, 'd1'), on('weekly g-1', 37_380, 'd1'), on(undefined, 50_000, 'd2')]
        : []),
      ...(index > 14 ? [on('weekly g-1', 86_400, 'd1')] : []),
      gigabytes,
    ]),
  );
  await at.receive(...facts);
  await at.close(closeOf('2026-06', facts));
  const invoice = await at.invoice('saves', '2026-06');
  const lines = invoice.lines.filter((line) => line.kind === 'overage');
  const cents = (monthly: number, seconds: number) =>
    Math.round((monthly * 0.2 * 1.5 * 1.2 * 100 * seconds) / (672 * 3600));
  const seconds = { small: 14 * 86_400 + 49_020, large: 15 * 86_400 + 37_380 };
  const amounts = Object.fromEntries(lines.map(({ meta, amount_cents }) => [String(meta['dimensions']), amount_cents]));
  expect(amounts).toEqual({ 'weekly s-1': cents(12, seconds.small), 'weekly g-1': cents(67.2, seconds.large) });
  expect(lines.map(({ resource_kind }) => resource_kind)).toEqual([kind, kind]);
  expect(lines.map(({ description }) => description).toSorted()[1]).toMatch(
    /^Overage droplet_backup_hours weekly s-1: 349\.6167 used, 0 included, list price 1\.2486 USD as 20 % of the droplet's price at 1\.5 \(2026-06\) plus 20 %$/,
  );
  expect(invoice.unbilled).toMatchObject([{ kind, reason: 'no_list_price' }]);

  const small = lines.find(({ meta }) => String(meta['dimensions']) === 'weekly s-1');
  const asked = { invoice_id: invoice.invoice_id, line_id: small?.line_id ?? '', limit: 200 };
  const evidence = granted(await at.ask(invoicing.getLineEvidence, asked));
  expect(evidence.terms).toMatchObject({
    list_prices: [
      { dimension: 'weekly g-1', price_monthly: '13.44', share_percent: '20' },
      { dimension: 'weekly s-1', price_monthly: '2.4', share_percent: '20' },
    ],
  });
  const quoted = granted(
    await at.ask(invoicing.createQuote, {
      plan_code: 'cost',
      period: '2026-09',
      spec: { backed_up_droplets: { 'daily s-1': 2 } } as never,
    }),
  );
  // Twice 3.6 USD.
  expect(quoted.lines.find((line) => line.kind === 'overage')?.amount_cents).toBe(1296);
  const preview = granted(
    await at.ask(invoicing.previewInvoice, { tenant_id: 'saves', period: '2026-06', limit: 200 }),
  );
  const previewed = preview.so_far.lines.filter((line) => line.kind === 'overage');
  expect(previewed.map(({ amount_cents }) => amount_cents)).toEqual(lines.map(({ amount_cents }) => amount_cents));
  expect(await at.prove('2026-06')).toEqual({});
});
