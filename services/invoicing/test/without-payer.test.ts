import { billingIngest, inventorySync, invoicing, provisioning } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bill, line, share } from './provider-bill.ts';
import { closeOf, deploymentChange, deploymentId, fact, granted, openStage, tenantActor } from './stage.ts';

let at: Awaited<ReturnType<typeof openStage>>;

const may = Array.from({ length: 31 }, (_, index) => `2026-05-${String(index + 1).padStart(2, '0')}`);
const droplet = (resource: string) => ({
  kind: 'droplet_hours',
  dimension: 's-1',
  qty: '86400',
  divisor: '3600',
  resource,
});
const withoutPayer = async (input: { period?: string; tenant_id?: string; limit?: number; cursor?: string } = {}) =>
  granted(await at.ask(invoicing.listWithoutPayer, input));
const rowsOf = async (period: string) =>
  (await withoutPayer({ period })).items.map(
    ({ name, kind, qty, list_cost_cents, cost_provider_cents, cost_cents }) => [
      name,
      kind,
      qty,
      list_cost_cents,
      cost_provider_cents,
      cost_cents,
    ],
  );

const end = async (name: string, state: 'cancelled' | 'archived', effective_at: string, revision = 2) => {
  await publishEvent(
    at.nats,
    provisioning.deploymentChanged,
    deploymentChange(name, 'acme', { state, previous_state: 'active', effective_at, revision }),
  );
  await at.running.settled();
};

beforeAll(async () => {
  at = await openStage('2026-05-01T03:00:00Z');
  await publishEvent(at.nats, inventorySync.priceObserved, {
    provider: 'digitalocean',
    size_slug: 's-1',
    price_monthly: '6',
    price_hourly: '0.00893',
    currency: 'USD',
    effective_at: '2026-03-01T10:00:00Z',
    observed_at: '2026-03-01T10:00:00Z',
  });
  for (const name of ['pays', 'gone', 'leaves']) {
    await at.deploy(name, 'acme');
    await at.subscribe(name, 'studio', { starts_at: '2026-04-01T00:00:00Z' });
  }
  await at.deploy('never', 'globex');
  await end('gone', 'cancelled', '2026-04-30T12:00:00Z');
  at.clock.set(Temporal.Instant.from('2026-05-11T06:00:00Z'));
  await end('leaves', 'archived', '2026-05-10T12:00:00Z');
});
afterAll(() => at[Symbol.asyncDispose]());

const names = ['pays', 'gone', 'leaves', 'never'] as const;
const tenantOf = (name: (typeof names)[number]): string => (name === 'never' ? 'globex' : 'acme');

describe('invoicing: what runs without a subscription', () => {
  it('the running month lists cancelled and archived deployments that still run, with their money by list prices', async () => {
    expect(await rowsOf('2026-05')).toEqual([]);
    await at.receive(
      ...names.flatMap((name) => may.slice(0, 12).map((day) => fact(name, tenantOf(name), day, [droplet(name)]))),
    );
    const { items, totals, period, list_currency, currency } = await withoutPayer();
    expect([period, list_currency, currency]).toEqual(['2026-05', 'USD', null]);
    const shown = (name: string) => items.find(({ deployment_id }) => deployment_id === deploymentId(name));
    expect(items.length).toBe(3);
    // Of a day that a subscription pays in part nothing is left over: the last paid day is the 10th.
    expect(shown('leaves')).toMatchObject({
      state: 'archived',
      qty: '48',
      first_day: '2026-05-11',
      last_day: '2026-05-12',
    });
    expect(shown('gone')).toMatchObject({ state: 'cancelled', qty: '288', first_day: '2026-05-01', tenant_id: 'acme' });
    expect(shown('never')).toMatchObject({ state: 'active', qty: '288', tenant_id: 'globex', cost_cents: null });
    // 288, 48 and 288 of 672 hours at 6.00.
    expect(items.map(({ list_cost_cents }) => list_cost_cents).toSorted()).toEqual([257, 257, 43]);
    expect(totals).toEqual({ deployments: 3, list_cost_cents: 557, cost_provider_cents: null, cost_cents: null });
  });

  it('the bill divides what customers cost by who pays, the rest has no payer, and all of it is the whole bill', async () => {
    at.clock.set(Temporal.Instant.from('2026-06-01T03:00:00Z'));
    const facts = names.flatMap((name) => may.map((day) => fact(name, tenantOf(name), day, [droplet(name)])));
    await at.receive(...facts);
    await at.close(closeOf('2026-05', facts));
    const lines = names.map((name, index) => line(index + 1, [share(name, tenantOf(name), 600 + index)]));
    const rest = line(5, [], { amount_cents: 7, kind: 'account' });
    const unmetered = line(6, [share('gone', 'acme', 500)], { kind: 'app' });
    await publishEvent(at.nats, billingIngest.invoiceIngested, bill('2026-05', 1, [...lines, rest, unmetered]));
    await at.running.settled();
    const margin = granted(await at.ask(invoicing.getMargin, { period: '2026-05', group_by: 'deployment' }));
    const costs = margin.items.map(({ target, deployment_id, cost_provider_cents }) => [
      target,
      names.find((name) => deploymentId(name) === deployment_id) ?? null,
      cost_provider_cents,
    ]);
    expect(costs.toSorted()).toEqual(
      [
        ['customer', 'pays', 600],
        // Ten of 31 days are paid.
        ['customer', 'leaves', 194],
        ['without_payer', 'leaves', 408],
        ['without_payer', 'gone', 601 + 500],
        ['without_payer', 'never', 603],
        ['unallocated', null, 7],
      ].toSorted(),
    );
    expect(margin.totals.cost_provider_cents).toBe(600 + 601 + 602 + 603 + 7 + 500);
    const byTenant = granted(await at.ask(invoicing.getMargin, { period: '2026-05', group_by: 'tenant' })).items;
    expect(byTenant.find(({ target, tenant_id }) => target === 'without_payer' && tenant_id === 'acme')).toMatchObject({
      revenue_cents: 0,
      cost_provider_cents: 1509,
    });
    expect((await rowsOf('2026-05')).toSorted()).toEqual(
      [
        ['gone', 'app_container_hours', null, null, 500, 750],
        ['gone', 'droplet_hours', '744', 600, 601, 902],
        ['leaves', 'droplet_hours', '504', 450, 408, 612],
        ['never', 'droplet_hours', '744', 600, 603, 905],
      ].toSorted(),
    );
  });

  it('the list has pages with the sums of all, is of one tenant on request, and is for the operator alone', async () => {
    const all = await withoutPayer({ period: '2026-05' });
    const first = await withoutPayer({ period: '2026-05', limit: 3 });
    const next = await withoutPayer({ period: '2026-05', limit: 3, cursor: first.next_cursor ?? '' });
    expect([...first.items, ...next.items]).toEqual(all.items);
    expect([first.totals, next.totals, next.next_cursor]).toEqual([all.totals, all.totals, null]);
    expect(all.totals).toMatchObject({ deployments: 3, cost_provider_cents: 601 + 500 + 408 + 603 });
    expect((await withoutPayer({ period: '2026-05', tenant_id: 'globex' })).items.length).toBe(1);
    expect(await at.ask(invoicing.listWithoutPayer, { cursor: 'x' })).toMatchObject({ refused: 'invalid-cursor' });
    await expect(at.ask(invoicing.listWithoutPayer, {}, tenantActor('acme'))).resolves.toMatchObject({
      refused: 'forbidden',
    });
  });

  it('what a later subscription pays for is without a payer no more', async () => {
    await at.subscribe('never', 'starter', { starts_at: '2026-05-01T00:00:00Z' });
    expect((await rowsOf('2026-05')).map(([name]) => name)).not.toContain('never');
    const { items, totals } = granted(await at.ask(invoicing.getMargin, { period: '2026-05', group_by: 'tenant' }));
    expect(items.find(({ tenant_id }) => tenant_id === 'globex')).toMatchObject({
      target: 'customer',
      cost_provider_cents: 603,
    });
    expect(totals.cost_provider_cents).toBe(2913);
  });
});

it('invoicing: on whatever days a deployment is subscribed, what rating leaves unbilled for want of a subscription is without a payer', async () => {
  at.clock.set(Temporal.Instant.from('2026-06-02T00:00:00Z'));
  granted(
    await at.ask(invoicing.createPlan, {
      plan_code: 'by_day',
      name: 'By day',
      base_price_cents: 900,
      proration: 'daily',
      publish: true,
    }),
  );
  const start = Temporal.Instant.from('2026-04-29T00:00:00Z');
  // Half hours from two days before the month to two days after it, in pairs of start and end.
  const moments = fc
    .uniqueArray(fc.nat(35 * 48), { minLength: 0, maxLength: 6 })
    .map((all) => all.toSorted((a, b) => a - b));
  let stories = 0;
  await fc.assert(
    fc.asyncProperty(moments, fc.constantFrom('studio', 'by_day'), async (halfHours, plan_code) => {
      const name = `span${++stories}`;
      await at.deploy(name, name);
      const instants = halfHours.map((each) => start.add({ minutes: each * 30 }).toString());
      for (let index = 0; index + 1 < instants.length; index += 2)
        await at.subscribe(name, plan_code, { starts_at: instants[index], ends_at: instants[index + 1] });
      await at.receive(...may.map((day) => fact(name, name, day, [droplet(name)])));
      const month = { tenant_id: name, period: '2026-05' };
      const { items: unbilled } = granted(await at.ask(invoicing.listPreviewUnbilled, month));
      const { items, totals } = await withoutPayer(month);
      expect(items.map(({ qty }) => qty)).toEqual(
        unbilled.filter(({ reason }) => reason === 'no_subscription').map(({ qty }) => qty),
      );
      expect(totals.deployments).toBe(items.length);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 12) },
  );
}, 120_000);
