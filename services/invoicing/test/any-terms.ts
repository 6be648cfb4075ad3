import fc from 'fast-check';
import type { RatingInput } from '../src/domain/rating/rate.ts';
import type { Commitment, Discount, PriceOverride } from '../src/domain/rating/terms.ts';
import { termsOfMonth } from '../src/domain/terms/terms-of-month.ts';
import { aMonth, decimal } from './any-month.ts';

const id = (number: number): string => `00000000-0000-8000-8000-${String(number).padStart(12, '0')}`;

const aDiscount: fc.Arbitrary<Discount> = fc
  .record({
    target: fc.constantFrom(
      { on: 'invoice' as const },
      { on: 'plan' as const, plan_code: 'first' },
      { on: 'kind' as const, kind: 'widgets' },
      { on: 'kind' as const, kind: 'api_calls' },
    ),
    amount: fc.oneof(
      fc.integer({ min: 1, max: 100 }).map((percent) => ({ percent: String(percent) })),
      fc.integer({ min: 1, max: 30_000 }).map((amount_cents) => ({ amount_cents })),
    ),
    first_period: fc.constantFrom('2026-03', '2026-04', '2026-05'),
    last_period: fc.constantFrom(null, '2026-04', '2026-03'),
  })
  .map(({ target, amount, ...months }) => ({
    discount_id: '',
    number: 1,
    code: null,
    name: 'Any',
    ...target,
    ...amount,
    ...months,
  }));

const aDay = fc
  .integer({ min: -10, max: 40 })
  .map((days) => Temporal.PlainDate.from('2026-04-01').add({ days }).toString());
const days = fc.record({ from: aDay, until: fc.option(aDay, { nil: null, freq: 3 }) });

const anOverride: fc.Arbitrary<PriceOverride> = fc
  .record({
    plan_code: fc.constantFrom('first', 'second'),
    price: fc.oneof(
      fc.integer({ min: 0, max: 20_000 }).map((base_price_cents) => ({ base_price_cents })),
      fc.record({ kind: fc.constantFrom('widgets', 'gadgets', 'api_calls'), overage_price_cents: decimal }),
    ),
    days,
  })
  .map(({ plan_code, price, days: held }) => ({
    override_id: '',
    subscription_id: null,
    plan_code,
    ...price,
    ...held,
  }));

const aCommitment: fc.Arbitrary<Commitment> = fc
  .record({ amount_cents: fc.integer({ min: 1, max: 100_000 }), days })
  .map(({ amount_cents, days: held }) => ({ commitment_id: '', amount_cents, ...held }));

/** Any April as `aMonth` with terms of the tenant's own: discounts, price overrides and minimum commitments. */
export const aMonthWithTerms: fc.Arbitrary<RatingInput> = fc
  .tuple(
    aMonth,
    fc.array(aDiscount, { maxLength: 5 }),
    fc.array(anOverride, { maxLength: 3 }),
    fc.array(aCommitment, { maxLength: 2 }),
  )
  .map(([month, discounts, price_overrides, commitments]) => ({
    ...month,
    ...termsOfMonth('2026-04', {
      discounts: discounts.map((one, index) => ({ ...one, discount_id: id(index + 1), number: index + 1 })),
      price_overrides: price_overrides.map((one, index) => ({ ...one, override_id: id(index + 101) })),
      commitments: commitments.map((one, index) => ({ ...one, commitment_id: id(index + 201) })),
    }),
  }));
