import { describe, expect, it } from 'vitest';
import { billingMove, isResumedByPayment, type Standing } from './billing-standing.ts';

const standing = (given: Partial<Standing>): Standing => ({
  state: 'active',
  stateBy: 'person',
  isHeld: false,
  hasOverdue: false,
  ...given,
});

describe('provisioning: billing', () => {
  it('moves an active deployment with an overdue invoice to past_due', () => {
    expect(billingMove(standing({ hasOverdue: true }))).toBe('past_due');
  });

  it('moves no deployment that an operator holds', () => {
    expect(billingMove(standing({ hasOverdue: true, isHeld: true }))).toBeNull();
    expect(billingMove(standing({ state: 'past_due', isHeld: true }))).toBeNull();
    expect(isResumedByPayment(standing({ state: 'suspended', stateBy: 'billing', isHeld: true }))).toBe(false);
  });

  it('moves a deployment back to active when its last overdue invoice is settled', () => {
    expect(billingMove(standing({ state: 'past_due', hasOverdue: true }))).toBeNull();
    expect(billingMove(standing({ state: 'past_due' }))).toBe('active');
  });

  it('moves no deployment that a person has paused, suspended or cancelled', () => {
    for (const state of ['paused', 'suspended', 'cancelled', 'archived'] as const) {
      expect(billingMove(standing({ state, hasOverdue: true }))).toBeNull();
      expect(billingMove(standing({ state }))).toBeNull();
    }
    expect(isResumedByPayment(standing({ state: 'suspended', stateBy: 'person' }))).toBe(false);
    expect(isResumedByPayment(standing({ state: 'suspended', stateBy: 'billing' }))).toBe(true);
  });
});
