import { billingIngest, inventorySync, invoicing, isRefusal, resourceId } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bill, line, share } from './provider-bill.ts';
import { closeOf, deploymentId, fact, granted, openStage, tenantActor } from './stage.ts';

let at: Awaited<ReturnType<typeof openStage>>;

const april = Array.from({ length: 30 }, (_, index) => `2026-04-${String(index + 1).padStart(2, '0')}`);
const id = (resource: string): string => resourceId('digitalocean', 'droplet', resource);
const droplet = (resource: string, dimension = 's-1') => ({
  kind: 'droplet_hours',
  dimension,
  qty: '86400',
  divisor: '3600',
  resource,
});
const earnings = async (input: { period?: string; resource_id?: string; limit?: number; cursor?: string } = {}) =>
  granted(await at.ask(invoicing.listResourceEarnings, { deployment_id: deploymentId('shop'), ...input }));
const rowsOf = (answer: Awaited<ReturnType<typeof earnings>>) =>
  answer.items
    .map(({ resource_id, qty, list_cost_cents, earned_cents }) => [
      ['web', 'db', 'brief'].find((name) => id(name) === resource_id) ?? resource_id,
      qty,
      list_cost_cents,
      earned_cents,
    ])
    .toSorted();
const sumOf = (amounts: readonly (number | null)[]): number =>
  amounts.reduce<number>((sum, amount) => sum + (amount ?? 0), 0);

beforeAll(async () => {
  at = await openStage('2026-04-11T06:00:00Z');
  for (const [size_slug, price_monthly] of [
    ['s-1', '6'],
    ['g-1', '60'],
  ] as const)
    await publishEvent(at.nats, inventorySync.priceObserved, {
      provider: 'digitalocean',
      size_slug,
      price_monthly,
      price_hourly: '0.00893',
      currency: 'USD',
      effective_at: '2026-03-01T10:00:00Z',
      observed_at: '2026-03-01T10:00:00Z',
    });
  granted(
    await at.ask(invoicing.createPlan, {
      plan_code: 'sized',
      name: 'Sized',
      base_price_cents: 1000,
      items: [
        { kind: 'droplet_hours', included_qty: '100', overage_price_cents: '1' },
        { kind: 'droplet_hours', dimension: 'g-*', overage_price_cents: '10' },
      ],
      publish: true,
    }),
  );
  await at.deploy('shop', 'acme');
  await at.subscribe('shop', 'sized');
});
afterAll(() => at[Symbol.asyncDispose]());

describe('invoicing: what a resource costs and earned', () => {
  it('the running month has the cost by list prices so far, and no earnings yet', async () => {
    expect(await earnings()).toMatchObject({ items: [], usage_until: null, currency: null, list_currency: null });
    await at.receive(
      ...april
        .slice(0, 10)
        .map((day) => fact('shop', 'acme', day, [droplet('web'), droplet('db', 'g-1'), droplet('brief', 'x-1')])),
    );
    const running = await earnings();
    // 240 of 672 hours at 6.00 and 60.00; of a size without a price the cost is not known.
    expect(rowsOf(running)).toEqual([
      ['brief', '240', null, null],
      ['db', '240', 2143, null],
      ['web', '240', 214, null],
    ]);
    expect(running).toMatchObject({
      period: '2026-04',
      usage_until: '2026-04-11T00:00:00Z',
      currency: null,
      list_currency: 'USD',
      totals: { list_cost_cents: 2357, unpriced: 1, earned_cents: null, whole_cents: null },
    });
  });

  it('an invoiced month is divided by the usage of each line, and all of it is the margin’s revenue of the deployment', async () => {
    at.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
    const facts = april.map((day, index) =>
      fact('shop', 'acme', day, [
        droplet('web'),
        droplet('db', 'g-1'),
        ...(index < 10 ? [droplet('brief', 'x-1')] : []),
      ]),
    );
    await at.receive(...facts);
    await at.close(closeOf('2026-04', facts));
    const { lines } = await at.invoice('acme');
    expect(lines.flatMap(({ kind, amount_cents }) => (kind === 'overage' ? [amount_cents] : []))).toEqual([860, 7200]);
    const whole = await earnings({ period: '2026-04' });
    // 720 and 240 of the 960 hours behind 8.60; 72.00 of the dear size alone.
    expect(rowsOf(whole)).toEqual([
      ['brief', '240', null, 215],
      ['db', '720', 6000, 7200],
      ['web', '720', 600, 645],
    ]);
    expect(whole.totals).toEqual({ list_cost_cents: 6600, unpriced: 1, earned_cents: 8060, whole_cents: 1000 });
    const margin = granted(await at.ask(invoicing.getMargin, { period: '2026-04', group_by: 'deployment' }));
    expect(margin.items.find(({ deployment_id }) => deployment_id === deploymentId('shop'))?.revenue_cents).toBe(9060);
  });

  it('a credit lowers what was earned by as much as the margin’s revenue', async () => {
    const { invoice_id, lines } = await at.invoice('acme');
    const dear = lines.find(({ amount_cents }) => amount_cents === 7200);
    granted(
      await at.ask(invoicing.creditInvoice, {
        invoice_id,
        reason: 'an outage',
        lines: [{ line_id: dear?.line_id ?? '', amount_cents: 806 }],
      }),
    );
    const { items, totals } = await earnings({ period: '2026-04' });
    expect([sumOf(items.map(({ earned_cents }) => earned_cents)), totals.earned_cents, totals.whole_cents]).toEqual([
      8060 - 806,
      8060 - 806,
      1000,
    ]);
  });

  it('a line that passes the bill through is divided by the amounts of the bill', async () => {
    const passing = { charge_model: 'pass_through' as const, mark_up_percent: '100' };
    granted(
      await at.ask(invoicing.createPlan, {
        plan_code: 'passes',
        name: 'Passes',
        base_price_cents: 0,
        items: ['droplet_hours', 'kubernetes_ha_hours'].map((kind) => ({ kind, ...passing })),
        publish: true,
      }),
    );
    await at.deploy('passing', 'globex');
    await at.subscribe('passing', 'passes');
    const facts = april.map((day) => fact('passing', 'globex', day, [droplet('1'), droplet('2')]));
    await at.receive(...facts);
    await at.close(closeOf('2026-04', facts, { revision: 2 }));
    const lines = [400, 200].map((cents, index) => line(index + 1, [share('passing', 'globex', cents)]));
    await publishEvent(at.nats, billingIngest.invoiceIngested, bill('2026-04', 1, lines));
    await at.running.settled();
    const { items } = granted(
      await at.ask(invoicing.listResourceEarnings, { deployment_id: deploymentId('passing'), period: '2026-04' }),
    );
    // 4.00 and 2.00 at a rate of 1.5, twice.
    expect(items.map(({ resource_id, earned_cents }) => [resource_id, earned_cents]).toSorted()).toEqual(
      [
        [id('1'), 1200],
        [id('2'), 600],
      ].toSorted(),
    );
  });

  it('the list has pages with the sums of all, is of one resource on request, and is for the operator alone', async () => {
    const all = await earnings({ period: '2026-04' });
    const first = await earnings({ period: '2026-04', limit: 2 });
    const next = await earnings({ period: '2026-04', limit: 2, cursor: first.next_cursor ?? '' });
    expect([...first.items, ...next.items]).toEqual(all.items);
    expect([first.totals, next.totals, next.next_cursor]).toEqual([all.totals, all.totals, null]);
    const web = await earnings({ period: '2026-04', resource_id: id('web') });
    expect([web.items.length, web.totals.list_cost_cents, web.total]).toEqual([1, 600, 1]);
    const input = { deployment_id: deploymentId('shop') };
    const refused = await at.ask(invoicing.listResourceEarnings, input, tenantActor('acme'));
    expect(isRefusal(refused) && refused.refused).toBe('forbidden');
  });
});
