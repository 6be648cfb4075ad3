import { encodeCursor, invoicing, provisioning } from '@arcadia/contracts';
import { publishEvent, publishedEvents } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, tenant } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

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
const stateOf = async (id: string) => (await stage.reply(provisioning.getDeployment, { deployment_id: id })).state;

describe('provisioning: deployments', () => {
  it('a deployment starts active, moves by the table of transitions, and each change is published with its actor', async () => {
    const { deployment_id } = await stage.reply(provisioning.createDeployment, {
      tenant_id: 'mover',
      slug: 'shop',
      effective_at: '2026-03-31T23:00:00Z',
    });
    const transition = { deployment_id, to: 'paused', reason: 'holiday' } as const;
    expect(await stage.reply(provisioning.transitionDeployment, transition, tenant('mover'))).toMatchObject({
      state: 'paused',
      created_at: '2026-03-31T23:00:00Z',
      revision: 2,
    });
    expect(await stage.request(provisioning.transitionDeployment, { deployment_id, to: 'archived' })).toMatchObject({
      refused: 'transition-not-allowed',
      allowed: ['active', 'cancelled'],
    });
    await stage.running.settled();
    const changes = (await publishedEvents(stage.database, provisioning.deploymentChanged)).map(({ data }) => data);
    expect(
      changes
        .filter((change) => change.deployment_id === deployment_id)
        .map(({ change, state, actor, effective_at }) => [change, state, actor.subject, effective_at]),
    ).toEqual([
      ['created', 'active', 'op', '2026-03-31T23:00:00Z'],
      ['transitioned', 'paused', 'someone@mover', '2026-04-01T00:00:00Z'],
    ]);
    expect(await stage.reply(provisioning.listDeploymentEvents, { deployment_id }, tenant('mover'))).toMatchObject({
      items: [{ change: 'transitioned', reason: 'holiday' }, { change: 'created' }],
    });
  });

  it('a deployment of another tenant does not exist for a tenant, in every request', async () => {
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { slug: 'shop' }, tenant('owner'));
    const stranger = tenant('stranger');
    for (const contract of [
      provisioning.getDeployment,
      provisioning.listDeploymentEvents,
      provisioning.updateDeployment,
    ]) {
      const other = await stage.request(contract, { deployment_id }, stranger);
      expect(other).toMatchObject({ refused: 'not-found' });
      expect(other).toEqual(await stage.request(contract, { deployment_id: missing }, stranger));
    }
    expect(
      await stage.request(provisioning.transitionDeployment, { deployment_id, to: 'cancelled' }, stranger),
    ).toMatchObject({ refused: 'not-found' });
    expect(await stage.reply(provisioning.listDeployments, { tenant_id: 'owner' }, stranger)).toMatchObject({
      items: [],
    });
  });

  it('a tenant is refused the fields that only an operator may give', async () => {
    const owner = tenant('modest');
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { slug: 'shop' }, owner);
    const beyond = [
      stage.request(provisioning.updateDeployment, { deployment_id, billing_action_suspended: true }, owner),
      stage.request(provisioning.createDeployment, { slug: 'other', tenant_id: 'stranger' }, owner),
      stage.request(provisioning.createDeployment, { slug: 'other', deployment_id: missing }, owner),
      stage.request(provisioning.createDeployment, { slug: 'other', project_bindings: [] }, owner),
      stage.request(provisioning.transitionDeployment, { deployment_id, to: 'suspended' }, owner),
    ];
    for (const reply of await Promise.all(beyond)) expect(reply).toMatchObject({ refused: 'forbidden' });
  });

  it('two deployments share no project, and no slug within a tenant', async () => {
    const bindings = [{ provider: 'digitalocean', provider_project_id: 'p1' }];
    const make = (input: { tenant_id: string; slug: string; project_bindings?: typeof bindings }) =>
      stage.request(provisioning.createDeployment, { ...input, allow_unknown_bindings: true });
    expect(await make({ tenant_id: 'one', slug: 'a', project_bindings: bindings })).toMatchObject({ slug: 'a' });
    expect(await make({ tenant_id: 'two', slug: 'a' })).toMatchObject({ slug: 'a' });
    expect(await make({ tenant_id: 'one', slug: 'a' })).toMatchObject({ refused: 'already-exists' });
    expect(await make({ tenant_id: 'one', slug: 'b', project_bindings: bindings })).toMatchObject({
      refused: 'conflict',
    });
    const [a] = (await stage.reply(provisioning.listDeployments, { tenant_id: 'one' })).items;
    const b = await stage.reply(provisioning.createDeployment, { tenant_id: 'one', slug: 'b' });
    const moved = { deployment_id: b.deployment_id, project_bindings: bindings, move_bindings: true };
    expect(await stage.reply(provisioning.updateDeployment, moved)).toMatchObject({ project_bindings: bindings });
    expect(await stage.reply(provisioning.getDeployment, { deployment_id: a?.deployment_id ?? '' })).toMatchObject({
      project_bindings: [],
      revision: 2,
    });
    for (const to of ['cancelled', 'archived'] as const) {
      await stage.reply(provisioning.transitionDeployment, { deployment_id: b.deployment_id, to });
    }
    expect(await make({ tenant_id: 'one', slug: 'c', project_bindings: bindings })).toMatchObject({
      project_bindings: bindings,
    });
    const first = await stage.reply(provisioning.listDeployments, { limit: 1, total: true });
    expect(first.total).toBe((await stage.reply(provisioning.listDeployments, {})).items.length);
    const second = await stage.reply(provisioning.listDeployments, { limit: 1, cursor: first.next_cursor ?? '' });
    expect(second.items[0]?.deployment_id).not.toBe(first.items[0]?.deployment_id);
  });

  it('two deployments share no tag, in whatever case it is written, and moving one takes it from the other', async () => {
    const make = (slug: string, tag: string) =>
      stage.request(provisioning.createDeployment, {
        tenant_id: 'tags',
        slug,
        tag_bindings: [tag],
        allow_unknown_bindings: true,
      });
    expect(await make('first', 'Customer-Acme')).toMatchObject({ tag_bindings: ['Customer-Acme'] });
    expect(await make('second', 'customer-acme')).toMatchObject({ refused: 'conflict' });
    const second = await stage.reply(provisioning.createDeployment, { tenant_id: 'tags', slug: 'second' });
    const moved = { deployment_id: second.deployment_id, tag_bindings: ['customer-ACME'], move_bindings: true };
    expect(await stage.reply(provisioning.updateDeployment, moved)).toMatchObject({ tag_bindings: ['customer-ACME'] });
    const { items } = await stage.reply(provisioning.listDeployments, { tenant_id: 'tags' });
    expect(items.find(({ slug }) => slug === 'first')).toMatchObject({ tag_bindings: [] });
  });

  it('a cursor that no list gave is refused, also when only its values are wrong', async () => {
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { slug: 'shop' }, tenant('reader'));
    for (const refused of await Promise.all([
      stage.request(provisioning.listDeployments, { cursor: encodeCursor(['shop', 'not an id']) }),
      stage.request(provisioning.listDeploymentEvents, { deployment_id, cursor: encodeCursor(['last']) }),
      stage.request(provisioning.listSagas, { cursor: encodeCursor(['yesterday', deployment_id]) }),
    ])) {
      expect(refused).toMatchObject({ refused: 'invalid-cursor' });
    }
  });
});

describe('provisioning: billing', () => {
  it('a deployment becomes past_due and active again by its invoices, unless an operator holds it', async () => {
    const make = async (slug: string) =>
      stage.reply(provisioning.createDeployment, {
        tenant_id: 'payer',
        slug,
        billing_action_suspended: slug === 'held',
      });
    const free = (await make('free')).deployment_id;
    const held = (await make('held')).deployment_id;
    const invoice = invoiceOf('11111111-1111-4111-8111-111111111111', [free, held]);
    await publishEvent(stage.nats, invoicing.invoiceOverdue, { ...invoice, ...due });
    await publishEvent(
      stage.nats,
      invoicing.invoiceOverdue,
      { ...invoice, ...due },
      { headers: { 'Nats-Msg-Id': 'again' } },
    );
    await stage.running.settled();
    expect([await stateOf(free), await stateOf(held)]).toEqual(['past_due', 'active']);
    await stage.reply(provisioning.updateDeployment, { deployment_id: held, billing_action_suspended: false });
    expect(await stateOf(held)).toBe('past_due');
    await publishEvent(stage.nats, invoicing.invoicePaid, { ...invoice, ...paid });
    await stage.running.settled();
    expect([await stateOf(free), await stateOf(held)]).toEqual(['active', 'active']);
    const history = await stage.reply(provisioning.listDeploymentEvents, { deployment_id: free });
    expect(history.items.map(({ state }) => state)).toEqual(['active', 'past_due', 'active']);
  });

  it('a deployment stays active when the payment arrives before the overdue event', async () => {
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'early', slug: 'shop' });
    const invoice = invoiceOf('22222222-2222-4222-8222-222222222222', [deployment_id]);
    await publishEvent(stage.nats, invoicing.invoicePaid, { ...invoice, ...paid });
    await publishEvent(stage.nats, invoicing.invoiceOverdue, { ...invoice, ...due });
    await stage.running.settled();
    expect(await stateOf(deployment_id)).toBe('active');
  });
});
