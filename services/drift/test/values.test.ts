import { drift, inventorySync, invoicing, resourceId } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observed, openStage, provisioned, unowned } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const scalar = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'ß', '"', '\\', ' ', '€', '😀') }),
  fc.integer(),
  fc.integer().map((number) => number / 4),
  fc.boolean(),
);
const field = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 5 }),
  fc.dictionary(fc.constantFrom('x', 'y', 'z'), scalar),
);
const spec = fc.dictionary(fc.constantFrom('f1', 'f2', 'f3', 'f4', 'f5'), field, { minKeys: 1 });

/** An equal value as another program might write it: lists reversed and doubled, scalars as text, keys in another order. */
const rewritten = (value: unknown): unknown => {
  if (Array.isArray(value)) return [...value, ...value].toReversed();
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).toReversed());
  return String(value);
};

describe('drift: equal values', () => {
  it('are not reported, whatever their JSON types and order (property)', async () => {
    const specs = fc.sample(spec, 150);
    await stage.provision(...specs.map((one, index) => provisioned(index, { spec: JSON.parse(JSON.stringify(one)) })));
    await stage.observe(
      ...specs.map((one, index) =>
        observed(index, {
          attrs: JSON.parse(
            JSON.stringify(Object.fromEntries(Object.entries(one).map(([name, value]) => [name, rewritten(value)]))),
          ),
        }),
      ),
    );
    await stage.sweep('2026-04-01T00:20:00Z');
    const { items } = await stage.get(drift.listDrift, {});
    expect(items.map(({ expected, actual }) => [expected, actual])).toEqual([]);
  });
});

describe('drift: the monthly cost of a difference', () => {
  it('is the actual price minus the expected price: for another size, a missing and an unmanaged resource', async () => {
    const price = { provider: 'digitalocean', price_hourly: '0.01', currency: 'USD' };
    const at = { effective_at: '2026-03-01T00:00:00Z', observed_at: '2026-03-01T00:00:00Z' };
    await publishEvent(stage.nats, inventorySync.priceObserved, [
      { ...price, ...at, size_slug: 's-1vcpu-1gb', price_monthly: '6' },
      { ...price, ...at, size_slug: 's-1vcpu-2gb', price_monthly: '12.50' },
    ]);
    await stage.provision(provisioned(501), provisioned(502), provisioned(504, { spec: { region: 'fra1' } }));
    await stage.observe(
      observed(501),
      observed(502, { is_present: false, cause: 'deleted' }),
      observed(503, { owner: unowned }),
      observed(504),
    );
    await stage.sweep('2026-04-01T01:20:00Z');
    const costs = await Promise.all([501, 502, 503, 504].map(async (number) => (await stage.rows(number))[0]));
    expect(costs.map((row) => [row?.kind, row?.monthly_cost?.amount])).toEqual([
      ['field', '-6.5'],
      ['missing', '-12.5'],
      ['unmanaged', '6'],
      ['field', '0'],
    ]);
  });
});

describe('drift: list prices that an operator loaded', () => {
  const price = (valid_from: string, unit_price: string, revision: number) => ({
    kind: 'nfs_gb_month',
    valid_from,
    currency: 'USD',
    unit_price,
    source: 'operator' as const,
    revision,
  });
  const share = (number: number) => resourceId('digitalocean', 'nfs_share', String(number));

  it('value a difference of a kind for which the provider lists none, by the price of today, in any order of arrival', async () => {
    const fields = { resource_id: share(601), kind: 'nfs_share', provider_id: '601', attrs: { size_gb: '50' } };
    await stage.observe(observed(601, { ...fields, owner: unowned }));
    await stage.sweep('2026-04-02T00:20:00Z');
    const costOf = async () => (await stage.get(drift.listDrift, { resource_id: share(601) })).items[0];
    expect(await costOf()).toMatchObject({ kind: 'unmanaged', monthly_cost: null });
    const prices = [price('2026-03-01', '0.3', 2), price('2026-03-01', '0.2', 1), price('2099-01-01', '9', 1)];
    await publishEvent(stage.nats, invoicing.listPriceChanged, prices);
    await stage.running.settled();
    expect((await costOf())?.monthly_cost).toEqual({ amount: '15', currency: 'USD' });
    await publishEvent(stage.nats, invoicing.listPriceChanged, [prices[1] ?? price('', '', 1)]);
    await stage.running.settled();
    expect((await costOf())?.monthly_cost?.amount).toBe('15');
  });
});

describe('drift: an attribute that a kind is metered by', () => {
  it('has its cost, whatever its name: the highly available control plane of a cluster', async () => {
    await publishEvent(stage.nats, invoicing.listPriceChanged, {
      kind: 'kubernetes_ha_hours',
      valid_from: '2026-03-01',
      currency: 'USD',
      unit_price: '0.05',
      source: 'operator',
      revision: 1,
    });
    const cluster = { kind: 'k8s_cluster', resource_id: resourceId('digitalocean', 'k8s_cluster', '602') };
    await stage.provision(provisioned(602, { ...cluster, spec: { is_ha: false } }));
    await stage.observe(observed(602, { ...cluster, provider_id: '602', attrs: { is_ha: true, node_pools: [] } }));
    await stage.sweep('2026-04-03T00:20:00Z');
    const { items } = await stage.get(drift.listDrift, { resource_id: cluster.resource_id });
    expect(items).toMatchObject([{ field: 'is_ha', monthly_cost: { amount: '36.5', currency: 'USD' } }]);
  });
});

describe('drift: an ignore rule', () => {
  it('is listed with author and reason, and covers only its field of one resource or one kind', async () => {
    const spec = { image: 'debian', vpc: 'v1' };
    await stage.provision(...[601, 602, 603].map((number) => provisioned(number, { spec })));
    await stage.observe(...[601, 602, 603].map((number) => observed(number)));
    const rowOf = async (number: number, name: string) =>
      (await stage.rows(number)).find((row) => row.field === name)?.drift_id ?? '';
    await stage.get(drift.ignoreDrift, { drift_id: await rowOf(601, 'image'), reason: 'rebuilt by hand' });
    await stage.get(drift.ignoreDrift, { drift_id: await rowOf(602, 'vpc'), scope: 'kind', reason: 'not ours' });
    const fieldsOf = async (number: number) => (await stage.rows(number)).map((row) => row.field);
    expect([await fieldsOf(601), await fieldsOf(602), await fieldsOf(603)]).toEqual([[], ['image'], ['image']]);
    const { items } = await stage.get(drift.listIgnored, {});
    expect(items.map((rule) => [rule.field, rule.resource_id !== null, rule.reason, rule.ignored_by])).toEqual(
      expect.arrayContaining([
        ['image', true, 'rebuilt by hand', 'op'],
        ['vpc', false, 'not ours', 'op'],
      ]),
    );
    // The rule for the kind also covers a resource that appears later.
    await stage.provision(provisioned(604, { spec }));
    await stage.observe(observed(604));
    expect(await fieldsOf(604)).toEqual(['image']);
    for (const { rule_id } of items) await stage.get(drift.stopIgnoring, { rule_id });
    const [first] = items;
    const again = await stage.request(drift.stopIgnoring, { rule_id: first?.rule_id ?? '' });
    expect(again).toMatchObject({ refused: 'conflict', detail: expect.stringContaining('was ended by op at ') });
    // An ended rule is kept, and the same field can be ignored again.
    expect((await stage.get(drift.listIgnored, {})).items).toEqual([]);
    const ended = (await stage.get(drift.listIgnored, { is_ended: 'true' })).items;
    expect(ended).toEqual(items.map((rule) => ({ ...rule, ended_at: expect.any(String), ended_by: 'op' })));
    await stage.sweep('2026-04-01T02:20:00Z');
    expect((await fieldsOf(601)).toSorted()).toEqual(['image', 'vpc']);
  });
});
