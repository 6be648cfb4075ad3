import { allocate } from '@arcadia/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMonth, april, decimal } from '../../../test/any-month.ts';
import { deploymentId, gst, input, plan, subscription, used } from '../../../test/terms-builder.ts';
import { adjustmentLines, differences } from '../invoices/adjustments.ts';
import { creditTax } from '../invoices/credit-tax.ts';
import { fraction, toWhole } from './fraction.ts';
import { type Rating, type RatingInput, rate } from './rate.ts';
import { taxOn } from './tax.ts';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150) };
const money = ({ subtotal_cents, tax_cents, total_cents }: Rating) => [subtotal_cents, tax_cents, total_cents];

describe('rating: properties of any month', () => {
  it('net is the sum of lines, tax is taken once on it, and gross is both', () => {
    fc.assert(
      fc.property(aMonth, (month) => {
        const { lines, subtotal_cents, tax_cents, total_cents } = rate(month);
        expect(subtotal_cents).toBe(
          lines.filter(({ kind }) => kind !== 'tax').reduce((sum, { amount_cents }) => sum + amount_cents, 0),
        );
        expect(tax_cents).toBe(taxOn(subtotal_cents, gst));
        expect(total_cents).toBe(subtotal_cents + tax_cents);
      }),
      runs,
    );
  });

  it('the order of the input changes nothing, and equal inputs have equal hashes', () => {
    fc.assert(
      fc.property(aMonth, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (month, keys) => {
        const shuffled: RatingInput = {
          ...month,
          deployments: month.deployments.map((one) => ({
            ...one,
            usage: one.usage
              .map((row, index) => ({ row, key: keys[index] ?? 0 }))
              .toSorted((a, b) => a.key - b.key)
              .map(({ row }) => row),
          })),
        };
        expect(money(rate(shuffled))).toEqual(money(rate(month)));
        expect(rate(structuredClone(month))).toEqual(rate(month));
      }),
      runs,
    );
  });

  it('more usage never lowers the total, except with volume prices', () => {
    fc.assert(
      fc.property(aMonth, fc.constantFrom(...april), decimal, (month, day, qty) => {
        const hasVolume = month.deployments.some(({ subscriptions }) =>
          subscriptions.some(({ plans }) =>
            plans.some((one) => one.plan.items.some(({ charge_model }) => charge_model === 'volume')),
          ),
        );
        fc.pre(!hasVolume);
        const more = {
          ...month,
          deployments: month.deployments.map((one) => ({ ...one, usage: [...one.usage, used('widgets', day, qty)] })),
        };
        expect(rate(more).subtotal_cents).toBeGreaterThanOrEqual(rate(month).subtotal_cents);
      }),
      runs,
    );
  });

  it('all usage is either on lines or listed as unbilled', () => {
    fc.assert(
      fc.property(aMonth, (month) => {
        const [deployment] = month.deployments;
        const counted = rate(month).unrated.map(({ kind, reason }) => `${kind} ${reason}`);
        expect(new Set(counted).size).toBe(counted.length);
        const without = rate({
          ...month,
          deployments: month.deployments.map((one) => ({ ...one, subscriptions: [] })),
        });
        const used = new Set(
          deployment?.usage.filter(({ unit_seconds }) => Number(unit_seconds) > 0).map(({ kind }) => kind),
        );
        expect(new Set(without.unrated.map(({ kind }) => kind))).toEqual(used);
        expect(without.lines).toEqual([]);
      }),
      runs,
    );
  });

  it("a tenant's month does not depend on the months of others", () => {
    fc.assert(
      fc.property(aMonth, aMonth, (own, other) => {
        const [foreign] = other.deployments;
        if (foreign === undefined) return;
        const together = rate({
          ...own,
          deployments: [...own.deployments, { ...foreign, deployment_id: 'ffffffff-0a52-4b1e-9a57-1d2f6a0c9e01' }],
        });
        const alone = rate(own).lines.filter(({ kind }) => kind !== 'tax');
        expect(together.lines.filter(({ deployment_id }) => deployment_id === deploymentId)).toEqual(alone);
      }),
      runs,
    );
  });
});

describe('rating: properties of a price that changes', () => {
  it('a month with a changing price costs the sum of its parts', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 29 }), { maxLength: 4 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 5, maxLength: 5 }),
        (changes, prices) => {
          const days = ['2000-01-01', ...changes.toSorted((a, b) => a - b).map((index) => april[index] ?? '')];
          const fallback_prices = days.map((valid_from, index) => ({
            kind: 'volume_gb_month',
            valid_from,
            unit_price_cents: String(prices[index] ?? 0),
            overage_unit: '1',
          }));
          const usage = april.map((day) => used('volume_gb_month', day, 30));
          const expected = april.reduce(
            (sum, day) => sum + 30 * (prices[days.findLastIndex((from) => from <= day)] ?? 0),
            0,
          );
          const free = subscription({ plan: plan({ base_price_cents: 0, items: [] }) });
          expect(rate(input({ subscriptions: [free], usage, fallback_prices })).subtotal_cents).toBe(expected);
        },
      ),
      runs,
    );
  });
});

describe('rating: properties of late facts', () => {
  it('the billed and adjusted amounts equal those of facts in time, however they are divided', () => {
    fc.assert(
      fc.property(aMonth, fc.array(fc.nat({ max: 3 }), { minLength: 12, maxLength: 12 }), (month, arrivals) => {
        const known = (step: number) =>
          rate({
            ...month,
            deployments: month.deployments.map((one) => ({
              ...one,
              usage: one.usage.filter((_, index) => (arrivals[index] ?? 0) <= step),
            })),
          });
        const billed = known(0)
          .lines.filter(({ kind }) => kind !== 'tax')
          .map(({ key, deployment_id, resource_kind, description, amount_cents }) => ({
            key,
            deployment_id,
            resource_kind,
            description,
            amount_cents,
          }));
        for (const step of [1, 2, 3]) {
          for (const line of adjustmentLines('2026-04', differences(billed, known(step).lines)))
            billed.push({ ...line, key: String(line.meta.adjusts_key) });
        }
        expect(billed.reduce((sum, { amount_cents }) => sum + amount_cents, 0)).toBe(rate(month).subtotal_cents);
      }),
      runs,
    );
  });
});

describe('rating: properties of rounding and sharing', () => {
  it('rounding is within half a unit, halves away from zero, symmetric, and equal to BigInt arithmetic', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
        fc.bigInt({ min: 1n, max: 10n ** 6n }),
        (num, den) => {
          const magnitude = num < 0n ? -num : num;
          const expected = Number((2n * magnitude + den) / (2n * den)) * (num < 0n ? -1 : 1);
          const rounded = toWhole(fraction(num.toString(), den.toString()), 'half_up');
          expect(rounded).toBe(expected === 0 ? 0 : expected);
          expect(toWhole(fraction((-num).toString(), den.toString()), 'half_up')).toBe(rounded === 0 ? 0 : -rounded);
        },
      ),
      runs,
    );
  });

  it('shares add up to the whole, each within one unit of its exact share', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 9 }),
        (total, weights) => {
          const shares = allocate(total, weights);
          const sum = weights.reduce((a, b) => a + b, 0);
          expect(shares.reduce((a, b) => a + b, 0)).toBe(total);
          const compared = sum > 0 ? shares : [];
          for (const [index, share] of compared.entries())
            expect(Math.abs(share - (total * (weights[index] ?? 0)) / sum)).toBeLessThan(1);
        },
      ),
      runs,
    );
  });

  it('credits in any number of parts return exactly the tax of the whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom('half_up' as const, 'half_even' as const, 'down' as const),
        fc.boolean(),
        (parts, rounding, is_inclusive) => {
          const policy = { ...gst, rounding, is_inclusive };
          const subtotalCents = parts.reduce((a, b) => a + b, 0);
          const invoice = { subtotalCents, taxCents: taxOn(subtotalCents, policy) };
          const before = { netCents: 0, taxCents: 0 };
          for (const part of parts) {
            const tax = creditTax(invoice, before, part, policy);
            before.netCents += part;
            before.taxCents += tax;
          }
          expect(before.taxCents).toBe(invoice.taxCents);
        },
      ),
      runs,
    );
  });
});
