import { type Actor, provisioning } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import { allowedTransitions, transitionRefusal } from './transitions.ts';

const operator: Actor = { subject: 'op', tenant_id: null, roles: ['platform_admin'] };
const tenant: Actor = { subject: 'someone', tenant_id: 'acme', roles: ['tenant'] };

describe('a deployment’s transitions', () => {
  it('refuse paused to archived, naming what is allowed', () => {
    expect(transitionRefusal({ from: 'paused', to: 'archived' }, operator)).toMatchObject({
      refused: 'transition-not-allowed',
      allowed: ['active', 'cancelled'],
    });
  });

  it('name to a tenant only what a tenant can do', () => {
    const refused = transitionRefusal({ from: 'active', to: 'trial' }, tenant);
    expect(refused).toMatchObject({ refused: 'transition-not-allowed', allowed: ['paused', 'cancelled'] });
    expect(refused?.detail).not.toContain('suspended');
  });

  it('end with archived', () => {
    expect(allowedTransitions('archived')).toEqual([]);
  });

  it('never stay where they are', () => {
    for (const state of provisioning.deploymentState.options) {
      expect(transitionRefusal({ from: state, to: state }, operator)).not.toBeNull();
    }
  });

  it('let an operator do everything in the table, and every state be left for good', () => {
    for (const from of provisioning.deploymentState.options) {
      for (const to of allowedTransitions(from)) expect(transitionRefusal({ from, to }, operator)).toBeNull();
    }
  });

  it('let a tenant pause and go on, but not end a suspension', () => {
    expect(transitionRefusal({ from: 'active', to: 'paused' }, tenant)).toBeNull();
    expect(transitionRefusal({ from: 'paused', to: 'active' }, tenant)).toBeNull();
    expect(transitionRefusal({ from: 'suspended', to: 'active' }, tenant)).toMatchObject({ refused: 'forbidden' });
    expect(transitionRefusal({ from: 'past_due', to: 'active' }, tenant)).toMatchObject({ refused: 'forbidden' });
  });
});
