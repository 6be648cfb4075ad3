import { provisioning } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import { sagas, stepsOf } from './registry.ts';
import { traitsOf } from './step.ts';

describe('provisioning: the registry of sagas', () => {
  it('every kind of the contract has the saga of that kind', () => {
    expect(Object.entries(sagas).map(([kind, saga]) => [kind, saga.kind])).toEqual(
      provisioning.sagaKind.options.map((kind) => [kind, kind]),
    );
  });

  it('the steps of a stored saga follow from its stored inputs', () => {
    const inputs = { deployment_id: '00000000-0000-4000-8000-000000000000', confirm: 'shop' };
    const droplets = [
      { provider_id: '101', name: 'web-1' },
      { provider_id: '102', name: 'web-2' },
    ];
    expect(traitsOf(stepsOf('suspend', { ...inputs, droplets }) ?? []).map(({ name }) => name)).toEqual([
      'remember-power',
      'power-off:web-1',
      'power-off:web-2',
      'mark-suspended',
    ]);
  });

  it('a saga whose stored inputs are unreadable does not run', () => {
    expect(() => stepsOf('suspend', { deployment_id: 'shop' })).toThrow();
  });

  it('a saga of a kind that this version does not know has no steps', () => {
    expect(stepsOf('no_such_kind', {})).toBeNull();
  });

  it('a quote with invalid inputs is refused and names them', () => {
    expect(sagas.resize_droplet.quote({ provider_id: 'web-1', size_slug: 's-1vcpu-2gb' })).toMatchObject({
      refused: 'invalid-inputs',
      errors: [{ pointer: '/inputs/provider_id' }],
    });
  });

  it('a quote needs no confirmation', () => {
    expect(sagas.resize_droplet.quote({ provider_id: '101', size_slug: 's-1vcpu-2gb' })).toMatchObject({
      sizeSlug: 's-1vcpu-2gb',
    });
  });
});
