import { allocate } from '@arcadia/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { april, bill, billed, gst, input, item, plan, subscription } from '../../../test/terms-builder.ts';
import { rate } from './rate.ts';
import type { BilledAmount, DeploymentInput, SubscriptionTerms } from './terms.ts';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150) };
const kinds = ['droplet_hours', 'volume_gb_month'];
const markedUp = (mark_up_percent: string) =>
  kinds.map((kind) => item(kind, { charge_model: 'pass_through', overage_price_cents: null, mark_up_percent }));
const free = { ...gst, rate: '0' };
const same = { ...bill, currency: 'AUD' };

/** Lines of a bill, each shared by three owners by weights as billing-ingest shares them; the last owner is no deployment. */
const aBill = fc.array(
  fc.record({
    amount: fc.integer({ min: -2_000, max: 500_000 }),
    kind: fc.constantFrom(...kinds),
    weights: fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000), fc.nat(1_000_000)).filter((all) => all.some((w) => w > 0)),
    days: fc.tuple(fc.integer({ min: 0, max: 29 }), fc.integer({ min: 0, max: 29 })),
  }),
  { maxLength: 20 },
);
type Lines = typeof aBill extends fc.Arbitrary<infer Value> ? Value : never;

const sharesOf = (lines: Lines, owner: number): BilledAmount[] =>
  lines.map(({ amount, kind, weights, days: [a, b] }, index) =>
    billed(kind, allocate(amount, weights)[owner] ?? 0, {
      invoice_uuid: same.invoice_uuid,
      line_no: index + 1,
      from: april[Math.min(a, b)] ?? '',
      until: april[Math.max(a, b) + 1] ?? '2026-05-01',
    }),
  );

const deployment = (owner: number, lines: Lines, subscriptions: SubscriptionTerms[]): DeploymentInput => ({
  deployment_id: `00000000-0000-4000-8000-00000000000${owner}`,
  subscriptions,
  usage: [],
  billed: sharesOf(lines, owner),
});

const total = (amounts: readonly number[]): number => amounts.reduce((sum, one) => sum + one, 0);

it('without a mark-up and in one currency, what all deployments pay and what none bears is the bill to the cent', () => {
  fc.assert(
    fc.property(aBill, (lines) => {
      const subscriptions = [subscription({ plan: plan({ base_price_cents: 0, items: markedUp('0') }) })];
      const deployments = [0, 1].map((owner) => deployment(owner, lines, subscriptions));
      const rating = rate({ ...input({ tax: free, bills: [same], rates: [] }), deployments });
      const unowned = total(sharesOf(lines, 2).map(({ amount_cents }) => amount_cents));
      expect(rating.subtotal_cents + unowned).toBe(total(lines.map(({ amount }) => amount)));
    }),
    runs,
  );
});

it('a change between plans that both pass the bill through divides it without losing a cent beyond the rounding of each line', () => {
  const change = fc.integer({ min: 2, max: 29 }).map((day) => `2026-04-${String(day).padStart(2, '0')}T00:00:00Z`);
  fc.assert(
    fc.property(aBill, change, (lines, from) => {
      const terms = (code: string) => plan({ code, base_price_cents: 0, proration: 'daily', items: markedUp('0') });
      const whole = [subscription({ plan: terms('one') })];
      const divided = [
        subscription({
          plans: [
            { from: '2026-04-01T00:00:00Z', plan: terms('one') },
            { from, plan: terms('two') },
          ],
        }),
      ];
      const subtotalOf = (subscriptions: SubscriptionTerms[]) =>
        rate({ ...input({ tax: free, bills: [same], rates: [] }), deployments: [deployment(0, lines, subscriptions)] });
      const [together, apart] = [subtotalOf(whole), subtotalOf(divided)];
      expect(Math.abs(together.subtotal_cents - apart.subtotal_cents)).toBeLessThanOrEqual(kinds.length);
      // Each line is its quantity times its price, rounded once.
      for (const line of apart.lines)
        expect(Math.abs(Number(line.qty) * Number(line.unit_price_cents) - line.amount_cents)).toBeLessThan(0.5 + 1e-6);
    }),
    runs,
  );
});
