import { invoicing, provisioning } from '@arcadia/contracts';
import { publishEvent, publishedEvents } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Started, startProvisioning, tenant } from './started.ts';

let world: Started;
beforeAll(async () => {
  world = await startProvisioning();
});
afterAll(() => world[Symbol.asyncDispose]());

const missing = '00000000-0000-4000-8000-000000000000';

const invoiceOf = (invoiceId: string, deploymentIds: string[]) => ({
  invoice_id: invoiceId,
  tenant_id: 'acme',
  period: '2026-03',
  number: 'INV-1',
  currency: 'AUD',
  total_cents: 7064,
  deployment_ids: deploymentIds,
});
const due = { due_on: '2026-03-31', overdue_at: '2026-04-01T00:00:00Z' };
const paid = { paid_at: '2026-04-01T00:00:00Z', reference: 'bank' };
const stateOf = async (id: string) => (await world.get(provisioning.getDeployment, { deployment_id: id })).state;

describe('deployments', () => {
  it('start active, move by the table, and say each change with its actor', async () => {
    const { deployment_id } = await world.get(provisioning.createDeployment, {
      tenant_id: 'mover',
      slug: 'shop',
      effective_at: '2026-03-31T23:00:00Z',
    });
    const transition = { deployment_id, to: 'paused', reason: 'holiday' } as const;
    expect(await world.get(provisioning.transitionDeployment, transition, tenant('mover'))).toMatchObject({
      state: 'paused',
      created_at: '2026-03-31T23:00:00Z',
      revision: 2,
    });
    expect(await world.ask(provisioning.transitionDeployment, { deployment_id, to: 'archived' })).toMatchObject({
      refused: 'transition-not-allowed',
      allowed: ['active', 'cancelled'],
    });
    await world.running.settled();
    const changes = (await publishedEvents(world.database, provisioning.deploymentChanged)).map(({ data }) => data);
    expect(
      changes
        .filter((change) => change.deployment_id === deployment_id)
        .map(({ change, state, actor, effective_at }) => [change, state, actor.subject, effective_at]),
    ).toEqual([
      ['created', 'active', 'op', '2026-03-31T23:00:00Z'],
      ['transitioned', 'paused', 'someone@mover', '2026-04-01T00:00:00Z'],
    ]);
    expect(await world.get(provisioning.listDeploymentEvents, { deployment_id }, tenant('mover'))).toMatchObject({
      items: [{ change: 'transitioned', reason: 'holiday' }, { change: 'created' }],
    });
  });

  it('of another tenant are as if they were not there, for every question and command', async () => {
    const { deployment_id } = await world.get(provisioning.createDeployment, { slug: 'shop' }, tenant('owner'));
    const stranger = tenant('stranger');
    for (const contract of [
      provisioning.getDeployment,
      provisioning.listDeploymentEvents,
      provisioning.updateDeployment,
    ]) {
      const other = await world.ask(contract, { deployment_id }, stranger);
      expect(other).toMatchObject({ refused: 'not-found' });
      expect(other).toEqual(await world.ask(contract, { deployment_id: missing }, stranger));
    }
    expect(
      await world.ask(provisioning.transitionDeployment, { deployment_id, to: 'cancelled' }, stranger),
    ).toMatchObject({ refused: 'not-found' });
    expect(await world.get(provisioning.listDeployments, { tenant: 'owner' }, stranger)).toMatchObject({
      items: [],
    });
  });

  it('keep from a tenant what only an operator may say', async () => {
    const owner = tenant('modest');
    const { deployment_id } = await world.get(provisioning.createDeployment, { slug: 'shop' }, owner);
    const beyond = [
      world.ask(provisioning.updateDeployment, { deployment_id, billing_action_suspended: true }, owner),
      world.ask(provisioning.createDeployment, { slug: 'other', tenant_id: 'stranger' }, owner),
      world.ask(provisioning.createDeployment, { slug: 'other', deployment_id: missing }, owner),
      world.ask(provisioning.createDeployment, { slug: 'other', project_bindings: [] }, owner),
      world.ask(provisioning.transitionDeployment, { deployment_id, to: 'suspended' }, owner),
    ];
    for (const answer of await Promise.all(beyond)) expect(answer).toMatchObject({ refused: 'forbidden' });
  });

  it('share no project, and no slug within a tenant', async () => {
    const bindings = [{ provider: 'digitalocean', provider_project_id: 'p1' }];
    const make = (input: { tenant_id: string; slug: string; project_bindings?: typeof bindings }) =>
      world.ask(provisioning.createDeployment, input);
    expect(await make({ tenant_id: 'one', slug: 'a', project_bindings: bindings })).toMatchObject({ slug: 'a' });
    expect(await make({ tenant_id: 'two', slug: 'a' })).toMatchObject({ slug: 'a' });
    expect(await make({ tenant_id: 'one', slug: 'a' })).toMatchObject({ refused: 'already-exists' });
    expect(await make({ tenant_id: 'one', slug: 'b', project_bindings: bindings })).toMatchObject({
      refused: 'conflict',
    });
    const [a] = (await world.get(provisioning.listDeployments, { tenant: 'one' })).items;
    const b = await world.get(provisioning.createDeployment, { tenant_id: 'one', slug: 'b' });
    const moved = { deployment_id: b.deployment_id, project_bindings: bindings, move_bindings: true };
    expect(await world.get(provisioning.updateDeployment, moved)).toMatchObject({ project_bindings: bindings });
    expect(await world.get(provisioning.getDeployment, { deployment_id: a?.deployment_id ?? '' })).toMatchObject({
      project_bindings: [],
      revision: 2,
    });
    for (const to of ['cancelled', 'archived'] as const) {
      await world.get(provisioning.transitionDeployment, { deployment_id: b.deployment_id, to });
    }
    expect(await make({ tenant_id: 'one', slug: 'c', project_bindings: bindings })).toMatchObject({
      project_bindings: bindings,
    });
    const first = await world.get(provisioning.listDeployments, { limit: 1 });
    const second = await world.get(provisioning.listDeployments, { limit: 1, cursor: first.next_cursor ?? '' });
    expect(second.items[0]?.deployment_id).not.toBe(first.items[0]?.deployment_id);
  });
});

describe('billing', () => {
  it('makes a deployment past_due and active again, unless an operator holds it', async () => {
    const make = async (slug: string) =>
      world.get(provisioning.createDeployment, { tenant_id: 'payer', slug, billing_action_suspended: slug === 'held' });
    const free = (await make('free')).deployment_id;
    const held = (await make('held')).deployment_id;
    const invoice = invoiceOf('11111111-1111-4111-8111-111111111111', [free, held]);
    await publishEvent(world.nats, invoicing.invoiceOverdue, { ...invoice, ...due });
    await publishEvent(
      world.nats,
      invoicing.invoiceOverdue,
      { ...invoice, ...due },
      { headers: { 'Nats-Msg-Id': 'again' } },
    );
    await world.running.settled();
    expect([await stateOf(free), await stateOf(held)]).toEqual(['past_due', 'active']);
    await world.get(provisioning.updateDeployment, { deployment_id: held, billing_action_suspended: false });
    expect(await stateOf(held)).toBe('past_due');
    await publishEvent(world.nats, invoicing.invoicePaid, { ...invoice, ...paid });
    await world.running.settled();
    expect([await stateOf(free), await stateOf(held)]).toEqual(['active', 'active']);
    const history = await world.get(provisioning.listDeploymentEvents, { deployment_id: free });
    expect(history.items.map(({ state }) => state)).toEqual(['active', 'past_due', 'active']);
  });

  it('leaves a deployment active when the payment is heard before the reminder', async () => {
    const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'early', slug: 'shop' });
    const invoice = invoiceOf('22222222-2222-4222-8222-222222222222', [deployment_id]);
    await publishEvent(world.nats, invoicing.invoicePaid, { ...invoice, ...paid });
    await publishEvent(world.nats, invoicing.invoiceOverdue, { ...invoice, ...due });
    await world.running.settled();
    expect(await stateOf(deployment_id)).toBe('active');
  });
});
