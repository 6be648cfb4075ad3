import { describe, expect, it } from 'vitest';
import { billingMove, isResumedByPayment, type Standing } from './billing-standing.ts';

const standing = (given: Partial<Standing>): Standing => ({
  state: 'active',
  stateBy: 'person',
  isHeld: false,
  hasOverdue: false,
  ...given,
});

describe('billing', () => {
  it('makes an active deployment with an overdue invoice past_due', () => {
    expect(billingMove(standing({ hasOverdue: true }))).toBe('past_due');
  });

  it('moves nothing while the operator holds it', () => {
    expect(billingMove(standing({ hasOverdue: true, isHeld: true }))).toBeNull();
    expect(billingMove(standing({ state: 'past_due', isHeld: true }))).toBeNull();
    expect(isResumedByPayment(standing({ state: 'suspended', stateBy: 'billing', isHeld: true }))).toBe(false);
  });

  it('makes it active again when the last overdue invoice is settled', () => {
    expect(billingMove(standing({ state: 'past_due', hasOverdue: true }))).toBeNull();
    expect(billingMove(standing({ state: 'past_due' }))).toBe('active');
  });

  it('leaves what a person has paused, suspended or ended alone', () => {
    for (const state of ['paused', 'suspended', 'cancelled', 'archived'] as const) {
      expect(billingMove(standing({ state, hasOverdue: true }))).toBeNull();
      expect(billingMove(standing({ state }))).toBeNull();
    }
    expect(isResumedByPayment(standing({ state: 'suspended', stateBy: 'person' }))).toBe(false);
    expect(isResumedByPayment(standing({ state: 'suspended', stateBy: 'billing' }))).toBe(true);
  });
});
