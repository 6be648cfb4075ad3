import { describe, expect, it } from 'vitest';
import { april, deploymentId, droplets, input, plan, subscription } from '../../../test/terms-builder.ts';
import { keptInput, wholeInput } from './kept-input.ts';
import { type RatingInput, rate } from './rate.ts';

const starter = plan({ code: 'starter', base_price_cents: 1000 });
const studio = plan();

/** Many deployments that have changed from one plan to another. */
const many = (count: number): RatingInput => {
  const { deployments, ...rest } = input({
    subscriptions: [
      subscription({
        plans: [
          { from: '2026-04-01T00:00:00Z', plan: starter },
          { from: '2026-04-11T00:00:00Z', plan: studio },
        ],
      }),
    ],
    usage: droplets(1, april),
  });
  const copies = Array.from({ length: count }, (_, index) => `${deploymentId.slice(0, -3)}${String(100 + index)}`);
  return { ...rest, deployments: copies.flatMap((id) => deployments.map((one) => ({ ...one, deployment_id: id }))) };
};

const read = (text: string): RatingInput => wholeInput(JSON.parse(text) as Parameters<typeof wholeInput>[0]);

describe('what an invoice keeps of its rating', () => {
  it('is as large for many deployments as their own terms, and rates to the same invoice', () => {
    const given = many(25);
    const kept = JSON.stringify(keptInput(given));
    expect(read(kept)).toEqual(given);
    expect(rate(read(kept)).output_hash).toBe(rate(given).output_hash);
    expect(rate(read(kept)).input_hash).toBe(rate(given).input_hash);
    expect(kept.split(JSON.stringify(studio.items))).toHaveLength(3);
  });

  it('of an earlier version, with the terms of the plan at each subscription, is read as it is', () => {
    const given = many(2);
    expect(read(JSON.stringify(given))).toEqual(given);
  });

  it('is refused when it names a plan that it does not hold', () => {
    const { plans: _, ...kept } = keptInput(many(1));
    expect(() => wholeInput(kept)).toThrow('names plan 0 of 0');
  });
});
