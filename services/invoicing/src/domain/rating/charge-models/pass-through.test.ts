import { describe, expect, it } from 'vitest';
import { april, bill, billed, input, item, plan, subscription, used } from '../../../../test/terms-builder.ts';
import { faultsOf } from '../../catalog/check-plan.ts';
import { missingBill } from '../missing-bill.ts';
import { missingRates } from '../missing-rates.ts';
import { type Rating, type RatingInput, rate } from '../rate.ts';
import type { PlanTerms, PriceItem, UsageSum } from '../terms.ts';

const passing = (kind: string, fields: Partial<PriceItem> = {}): PriceItem =>
  item(kind, { charge_model: 'pass_through', overage_price_cents: null, mark_up_percent: '20', ...fields });
const rates = [{ period: '2026-04', from: 'USD', to: 'AUD', rate: '1.5' }];
const terms = (fields: Partial<PlanTerms> = {}): PlanTerms =>
  plan({ base_price_cents: 0, items: [passing('droplet_hours')], ...fields });

const on = (fields: Parameters<typeof input>[0]): RatingInput =>
  input({ subscriptions: [subscription({ plan: terms() })], bills: [bill], rates, list_prices: [], ...fields });
const overage = ({ lines }: Rating) => lines.filter(({ kind }) => kind === 'overage');
const shown = (given: RatingInput) =>
  overage(rate(given)).map(({ description, amount_cents }) => [description, amount_cents]);
const ran: UsageSum[] = april.map((day) => used('droplet_hours', day, 86_400, '3600'));

describe('pass-through: what the bill charges', () => {
  it('the billed amount with the mark-up is a line with its explanation, and its usage is charged by nothing else', () => {
    const given = on({ usage: ran, billed: [billed('droplet_hours', 1234)] });
    const [line, ...others] = overage(rate(given));
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      description:
        'Passed through droplet_hours: provider billed 12.34 USD for droplet web-1 (s-1vcpu-1gb) at 1.5 (2026-04), plus 20 %',
      qty: '12.34',
      unit: 'USD',
      unit_price_cents: '180',
      amount_cents: 2221,
      resource_kind: 'droplet_hours',
      meta: {
        billed: { amount: '12.34', bills: ['bill-1'], lines: 1, mark_up_percent: '20', rate: { rate: '1.5' } },
        charge_model: 'pass_through',
      },
    });
    expect(rate(given).unrated).toEqual([]);
  });

  it('several lines of the bill are one line, rounded once, which quotes the dearest of them', () => {
    const lines = [
      billed('droplet_hours', 333, { line_no: 1, description: 'a' }),
      billed('droplet_hours', 1000, { line_no: 2, description: 'b' }),
      billed('droplet_hours', 334, { line_no: 3, description: 'c' }),
      billed('droplet_hours', -7, { line_no: 4, description: 'a' }),
      billed('volume_gb_month', 500),
    ];
    expect(shown(on({ billed: lines }))).toEqual([
      [
        'Passed through droplet_hours: provider billed 16.60 USD for droplet: b 10.00, c 3.34 and 1 more at 1.5 (2026-04), plus 20 %',
        2988,
      ],
    ]);
  });

  it.each([
    ['a mark-up below zero lowers it', { mark_up_percent: '-50' }, 'less 50 %', 926],
    ['a mark-up of -100 % makes it free', { mark_up_percent: '-100' }, 'less 100 %', 0],
  ])('%s', (_, fields, text, cents) => {
    const subscriptions = [subscription({ plan: terms({ items: [passing('droplet_hours', fields)] }) })];
    const [line] = overage(rate(on({ subscriptions, billed: [billed('droplet_hours', 1234)] })));
    expect([line?.description.endsWith(text), line?.amount_cents]).toEqual([true, cents]);
  });

  it('a bill in the billing currency needs no rate; without a rate nothing is charged and the usage is listed', () => {
    const own = on({ bills: [{ ...bill, currency: 'AUD' }], billed: [billed('droplet_hours', 1000)], rates: [] });
    expect(shown(own)).toEqual([
      ['Passed through droplet_hours: provider billed 10.00 AUD for droplet web-1 (s-1vcpu-1gb), plus 20 %', 1200],
    ]);
    expect(missingRates(own, rate(own))).toBeNull();
    const other = on({ usage: ran, billed: [billed('droplet_hours', 1000)], rates: [] });
    expect(rate(other).unrated).toMatchObject([{ kind: 'droplet_hours', reason: 'no_rate', qty: '720' }]);
    expect(missingRates(other, rate(other))).toContain('the exchange rate USD to AUD of 2026-04 is not pinned');
  });
});

describe('pass-through: days and terms', () => {
  const daily = (items: PriceItem[]) => terms({ proration: 'daily', items });
  it('an amount belongs to its days alike: what is on another plan, in a trial or unsubscribed is not passed through', () => {
    const subscriptions = [
      subscription({
        starts_at: '2026-04-04T00:00:00Z',
        trial_ends_at: '2026-04-07T00:00:00Z',
        plans: [
          { from: '2026-04-04T00:00:00Z', plan: daily([passing('droplet_hours')]) },
          { from: '2026-04-16T00:00:00Z', plan: { ...daily([item('droplet_hours')]), code: 'other' } },
        ],
      }),
    ];
    // Of 30 days 9 are passed through, from the 7th to the 15th; the second line is all within them.
    const lines = [
      billed('droplet_hours', 3000),
      billed('droplet_hours', 100, { line_no: 2, from: '2026-04-08', until: '2026-04-10' }),
    ];
    const given = on({ subscriptions, usage: ran, billed: lines });
    const lineOf = (key: string) => overage(rate(given)).find((line) => line.key.includes(key));
    const [passed, metered] = [lineOf('/2026-04-07/bill/USD'), lineOf('/2026-04-16')];
    expect([passed?.qty, passed?.amount_cents]).toEqual(['10', 1800]);
    expect(metered?.amount_cents).toBe(15 * 24);
    expect(rate(given).unrated.map(({ reason, qty }) => [reason, qty])).toEqual([
      ['trial', '72'],
      ['no_subscription', '72'],
    ]);
  });
});

describe('pass-through: usage that awaits the bill', () => {
  it('is listed once for all parts of a month', () => {
    const subscriptions = [
      subscription({
        plans: ['one', 'two'].map((code, index) => ({
          from: index === 0 ? '2026-04-01T00:00:00Z' : '2026-04-16T00:00:00Z',
          plan: { ...terms({ proration: 'daily' }), code },
        })),
      }),
    ];
    const { unrated } = rate(on({ subscriptions, usage: ran, bills: [] }));
    expect(unrated.map(({ reason, qty, days }) => [reason, qty, days.length])).toEqual([['no_bill', '720', 30]]);
  });
});

describe('pass-through: before the bill is known', () => {
  const prices = [{ kind: 'droplet_hours', valid_from: '2026-01-01', currency: 'USD', price_monthly: '6' }];
  const usage = ran.map((row) => ({ ...row, resource_id: 'a', running_seconds: '86400' }));
  it('an estimate by list prices is named one; without estimates the usage is listed', () => {
    const estimated = on({ bills: [], is_estimate: true, usage, list_prices: prices });
    const [line] = overage(rate(estimated));
    expect(line).toMatchObject({ amount_cents: 1080, meta: { charge_model: 'pass_through', is_estimate: true } });
    expect(line?.description).toBe(
      "Overage droplet_hours: 720 used, 0 included, estimate until the provider's bill is known: list price 6 USD at 1.5 (2026-04) plus 20 %",
    );
    const awaited = rate(on({ bills: [], usage }));
    expect(overage(awaited)).toEqual([]);
    expect(awaited.unrated).toMatchObject([{ kind: 'droplet_hours', reason: 'no_bill', qty: '720' }]);
  });

  it.each([
    ['waits for a bill that has not arrived', {}, [], "the provider's bill of 2026-04 has not arrived"],
    [
      'waits for a bill that is not settled, and names it with its difference',
      {},
      [{ ...bill, status: 'unreconciled', difference_cents: -3000, is_settled: false }],
      '509486121 is unreconciled, with -30.00 USD that its lines do not explain; accept the difference with POST /api/v1/billing/invoices/bill-1/accept',
    ],
    [
      'does not wait once it is settled',
      {},
      [{ ...bill, status: 'reconciled', difference_cents: 0, is_settled: true }],
      null,
    ],
    ['does not wait on a plan that adjusts', { provider_bill: 'adjust' as const }, [], null],
    ['does not wait on a plan without pass-through', { items: [item('droplet_hours')] }, [], null],
  ])('a month %s', (_, fields, arrived, detail) => {
    const subscriptions = [subscription({ plan: terms(fields) })];
    const missing = missingBill(on({ subscriptions, bills: [] }), arrived);
    expect(missing ?? 'nothing').toContain(detail ?? 'nothing');
  });
});

describe('pass-through: faults of a plan', () => {
  const faults = (...items: PriceItem[]) => faultsOf(items).map(({ field, fault }) => `${field} ${fault}`);
  const workers = passing('kubernetes_ha_hours');
  it.each([
    [
      'no mark-up',
      item('volume_gb_month', { charge_model: 'pass_through', overage_price_cents: null }),
      'mark_up_percent pass_through needs',
    ],
    [
      'a mark-up below -100 %',
      passing('volume_gb_month', { mark_up_percent: '-101' }),
      'mark_up_percent is -101; the least is -100',
    ],
    [
      'a unit price',
      passing('volume_gb_month', { overage_price_cents: '1' }),
      'overage_price_cents pass_through charges',
    ],
    [
      'an included quantity',
      passing('volume_gb_month', { included_qty: '5' }),
      'included_qty pass_through passes the whole',
    ],
    ['tiers', passing('volume_gb_month', { tiers: [] }), 'tiers pass_through has no tiers'],
    ['a reported kind', passing('llm_input_tokens'), "kind is on no line of the provider's bill"],
    ['the storage of a database', passing('database_storage_gb_month'), 'kind is on the lines of database_node_hours'],
    [
      'droplets without the workers of clusters',
      passing('droplet_hours'),
      "charge_model shares lines of the provider's bill with kubernetes_ha_hours",
    ],
  ])('%s is refused by name', (_, wrong, text) => {
    expect(faults(wrong).filter((fault) => fault.startsWith(text))).toHaveLength(1);
  });

  it('two items for the same lines of the bill are refused, and a plan that passes them all through once has no fault', () => {
    const database = passing('database_node_hours');
    expect(faults(database, item('database_storage_gb_month'))).toEqual([
      'kind is passed through by the item of database_node_hours, which must be the only one for it',
    ]);
    const [twice] = faults(passing('droplet_hours', {}), workers, item('droplet_hours', { dimension: 'g-*' }));
    expect(twice).toContain('is passed through by the item of droplet_hours');
    expect(faults(passing('droplet_hours'), workers, database, passing('account'), passing('unknown'))).toEqual([]);
  });
});
