import { drift, inventorySync } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observed, startDrift, wanted } from './started.ts';

let world: Awaited<ReturnType<typeof startDrift>>;
beforeAll(async () => {
  world = await startDrift();
});
afterAll(() => world[Symbol.asyncDispose]());

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

/** The same values, as another program might hand them on: lists turned round and doubled, scalars as text, keys in another order. */
const retold = (value: unknown): unknown => {
  if (Array.isArray(value)) return [...value, ...value].toReversed();
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).toReversed());
  return String(value);
};

describe('values that mean the same', () => {
  it('are no drift, whatever they are', async () => {
    const specs = fc.sample(spec, 150);
    await world.want(...specs.map((one, index) => wanted(index, { spec: JSON.parse(JSON.stringify(one)) })));
    await world.observe(
      ...specs.map((one, index) =>
        observed(index, {
          attrs: JSON.parse(
            JSON.stringify(Object.fromEntries(Object.entries(one).map(([name, value]) => [name, retold(value)]))),
          ),
        }),
      ),
    );
    await world.sweep('2026-04-01T00:20:00Z');
    const { items } = await world.get(drift.listDrift, {});
    expect(items.map(({ expected, actual }) => [expected, actual])).toEqual([]);
  });
});

describe('what a difference costs a month', () => {
  it('is the price of what is there less that of what ought to be: of another size, of what is gone, of what is nobody’s', async () => {
    const told = { provider: 'digitalocean', price_hourly: '0.01', currency: 'USD' };
    const at = { effective_at: '2026-03-01T00:00:00Z', observed_at: '2026-03-01T00:00:00Z' };
    await publishEvent(world.nats, inventorySync.priceObserved, [
      { ...told, ...at, size_slug: 's-1vcpu-1gb', price_monthly: '6' },
      { ...told, ...at, size_slug: 's-1vcpu-2gb', price_monthly: '12.50' },
    ]);
    const nobody = { tenant_id: null, deployment_id: null, project_id: null, attributed_by: null };
    await world.want(wanted(501), wanted(502), wanted(504, { spec: { region: 'fra1' } }));
    await world.observe(
      observed(501),
      observed(502, { is_present: false, cause: 'deleted' }),
      observed(503, { owner: nobody }),
      observed(504),
    );
    await world.sweep('2026-04-01T01:20:00Z');
    const costs = await Promise.all([501, 502, 503, 504].map(async (number) => (await world.rows(number))[0]));
    expect(costs.map((row) => [row?.kind, row?.monthly_cost?.amount])).toEqual([
      ['field', '-6.5'],
      ['missing', '-12.5'],
      ['unmanaged', '6'],
      ['field', undefined],
    ]);
  });
});

describe('what is ignored', () => {
  it('is listed with who said so and why, of one resource or of its kind, and only what is named', async () => {
    const asked = { image: 'debian', vpc: 'v1' };
    await world.want(...[601, 602, 603].map((number) => wanted(number, { spec: asked })));
    await world.observe(...[601, 602, 603].map((number) => observed(number)));
    const rowOf = async (number: number, name: string) =>
      (await world.rows(number)).find((row) => row.field === name)?.drift_id ?? '';
    await world.get(drift.ignoreDrift, { drift_id: await rowOf(601, 'image'), reason: 'rebuilt by hand' });
    await world.get(drift.ignoreDrift, { drift_id: await rowOf(602, 'vpc'), scope: 'kind', reason: 'not ours' });
    const fieldsOf = async (number: number) => (await world.rows(number)).map((row) => row.field);
    expect([await fieldsOf(601), await fieldsOf(602), await fieldsOf(603)]).toEqual([[], ['image'], ['image']]);
    // Ignoring it once more keeps who said so first.
    const { items } = await world.get(drift.listIgnored, {});
    expect(items.map((rule) => [rule.field, rule.resource_id !== null, rule.reason, rule.ignored_by])).toEqual(
      expect.arrayContaining([
        ['image', true, 'rebuilt by hand', 'op'],
        ['vpc', false, 'not ours', 'op'],
      ]),
    );
    // What appears later is not told either.
    await world.want(wanted(604, { spec: asked }));
    await world.observe(observed(604));
    expect(await fieldsOf(604)).toEqual(['image']);
    for (const { rule_id } of items) await world.get(drift.stopIgnoring, { rule_id });
    expect(await world.ask(drift.stopIgnoring, { rule_id: items[0]?.rule_id ?? '' })).toMatchObject({
      refused: 'not-found',
    });
    await world.sweep('2026-04-01T02:20:00Z');
    expect((await fieldsOf(601)).toSorted()).toEqual(['image', 'vpc']);
  });
});
