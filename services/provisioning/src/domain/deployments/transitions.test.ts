import { type Actor, provisioning } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import { allowedTransitions, transitionRefusal } from './transitions.ts';

const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
const tenant: Actor = { subject: 'someone', tenant_id: 'acme', roles: ['tenant'] };

describe('provisioning: the transitions of a deployment', () => {
  it('a refused move from paused to archived names the allowed states', () => {
    expect(transitionRefusal({ from: 'paused', to: 'archived' }, operator)).toMatchObject({
      refused: 'transition-not-allowed',
      allowed: ['active', 'cancelled'],
    });
  });

  it('a refusal names to a tenant only the moves that a tenant can make', () => {
    const refused = transitionRefusal({ from: 'active', to: 'trial' }, tenant);
    expect(refused).toMatchObject({ refused: 'transition-not-allowed', allowed: ['paused', 'cancelled'] });
    expect(refused?.detail).not.toContain('suspended');
  });

  it('no transition leaves archived', () => {
    expect(allowedTransitions('archived')).toEqual([]);
  });

  it('a move to the present state is refused', () => {
    for (const state of provisioning.deploymentState.options) {
      expect(transitionRefusal({ from: state, to: state }, operator)).not.toBeNull();
    }
  });

  it('an operator may make every transition of the table', () => {
    for (const from of provisioning.deploymentState.options) {
      for (const to of allowedTransitions(from)) expect(transitionRefusal({ from, to }, operator)).toBeNull();
    }
  });

  it('a tenant may pause and resume, but not end a suspension', () => {
    expect(transitionRefusal({ from: 'active', to: 'paused' }, tenant)).toBeNull();
    expect(transitionRefusal({ from: 'paused', to: 'active' }, tenant)).toBeNull();
    expect(transitionRefusal({ from: 'suspended', to: 'active' }, tenant)).toMatchObject({ refused: 'forbidden' });
    expect(transitionRefusal({ from: 'past_due', to: 'active' }, tenant)).toMatchObject({ refused: 'forbidden' });
  });
});
