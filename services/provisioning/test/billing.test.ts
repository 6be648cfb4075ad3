import { invoicing, provisioning } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { type Faults, observe, powerOf, run, withProvider } from './with-provider.ts';

const invoiceId = '11111111-1111-4111-8111-111111111111';
const suspending = { ARCADIA_WRITE: '1', SUSPEND_AFTER_DAYS: '7' };

/** A deployment with one droplet, and its invoice. */
async function withInvoice(faults: Faults = [], env: Record<string, string> = suspending) {
  const world = await withProvider(faults, env);
  const { deployment_id } = await world.get(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  const owner = { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' };
  await observe(world, 101, { owner });
  const invoice = {
    invoice_id: invoiceId,
    tenant_id: 'acme',
    period: '2026-03',
    number: 'INV-1',
    currency: 'AUD',
    total_cents: 7064,
    deployment_ids: [deployment_id],
  };
  let copies = 0;
  const hear = async (what: 'overdue' | 'paid' | 'voided') => {
    const contract = {
      overdue: invoicing.invoiceOverdue,
      paid: invoicing.invoicePaid,
      voided: invoicing.invoiceVoided,
    }[what];
    const told = {
      overdue: { due_on: '2026-03-31', overdue_at: '2026-04-01T00:00:00Z' },
      paid: { paid_at: '2026-04-09T00:00:00Z', reference: 'bank' },
      voided: { voided_at: '2026-04-09T00:00:00Z', reason: 'wrong', replaced_by: null },
    }[what];
    copies += 1;
    // Past the server's own deduplication, as after a lost acknowledgement.
    const headers = { 'Nats-Msg-Id': `copy-${copies}` };
    await publishEvent(world.nats, contract, { ...invoice, ...told } as never, { headers });
    await world.running.settled();
  };
  const stateOf = async () => (await world.get(provisioning.getDeployment, { deployment_id })).state;
  const becomes = (state: string) =>
    eventually(`it is ${state}`, async () => (await stateOf()) === state, { timeoutMs: 20_000 });
  /** A week later, in the morning. */
  const suspendOverdue = async (day = '2026-04-09') => {
    world.clock.set(`${day}T05:00:00Z`);
    await world.running.runJob('suspend-overdue', `${day}T04:50:00Z`);
  };
  const history = async () => {
    const { items } = await world.get(provisioning.listDeploymentEvents, { deployment_id });
    return items.map(({ state, actor }) => [state, actor]).toReversed();
  };
  const hold = (isHeld: boolean) =>
    world.get(provisioning.updateDeployment, { deployment_id, billing_action_suspended: isHeld });
  const noSaga = () =>
    eventually(
      'no saga is under way',
      async () => {
        const { items } = await world.get(provisioning.listSagas, {});
        return items.every(({ finished_at }) => finished_at !== null);
      },
      { timeoutMs: 20_000 },
    );
  return { ...world, deployment_id, hear, stateOf, becomes, suspendOverdue, history, hold, noSaga };
}

const billing = 'service:provisioning/billing';

describe('an invoice that stays unpaid', () => {
  it('suspends its deployment after a week, and a payment resumes it; however often either is heard', async () => {
    await using world = await withInvoice();
    await world.hear('overdue');
    await world.hear('overdue');
    expect(await world.stateOf()).toBe('past_due');
    await world.suspendOverdue('2026-04-07');
    expect(await world.stateOf()).toBe('past_due');
    await world.suspendOverdue();
    await world.becomes('suspended');
    await world.suspendOverdue('2026-04-10');
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-1gb off');
    await world.hear('paid');
    await world.hear('paid');
    await world.becomes('active');
    await world.hear('overdue');
    await world.noSaga();
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-1gb active');
    expect(await world.history()).toEqual([
      ['active', 'op'],
      ['past_due', billing],
      ['suspended', billing],
      ['active', billing],
    ]);
  });

  it('does neither while an operator holds the deployment, and both when it is let go', async () => {
    await using world = await withInvoice();
    await world.hold(true);
    await world.hear('overdue');
    await world.suspendOverdue();
    expect(await world.stateOf()).toBe('active');
    await world.hold(false);
    expect(await world.stateOf()).toBe('past_due');
    await world.hold(true);
    await world.suspendOverdue('2026-04-10');
    expect(await world.stateOf()).toBe('past_due');
    await world.hold(false);
    await world.suspendOverdue('2026-04-11');
    await world.becomes('suspended');
    await world.hold(true);
    await world.hear('paid');
    expect(await world.stateOf()).toBe('suspended');
    await world.hold(false);
    await world.becomes('active');
  });

  it('and is voided counts as settled', async () => {
    await using world = await withInvoice();
    await world.hear('overdue');
    await world.hear('voided');
    expect(await world.stateOf()).toBe('active');
  });

  it('never resumes what a person has suspended', async () => {
    await using world = await withInvoice();
    await run(world, 'suspend', { deployment_id: world.deployment_id, confirm: 'shop' });
    await world.hear('overdue');
    await world.hear('paid');
    await world.suspendOverdue();
    await world.noSaga();
    expect(await world.stateOf()).toBe('suspended');
  });
});

describe('while billing suspends a deployment', () => {
  /** The droplet takes no command at first, so that there is time. */
  const slowly = { kind: '429', match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, times: 3 };

  it('a payment is not lost: it ends active, its droplet on', async () => {
    await using world = await withInvoice([slowly]);
    await world.hear('overdue');
    await world.suspendOverdue();
    await world.hear('paid');
    await world.noSaga();
    await world.becomes('active');
    await world.noSaga();
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-1gb active');
  });

  it('an operator who takes it over has it back as it was', async () => {
    await using world = await withInvoice([slowly]);
    await world.hear('overdue');
    await world.suspendOverdue();
    await world.hold(true);
    await world.noSaga();
    expect(await world.stateOf()).toBe('past_due');
    expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-1gb active');
  });
});

it('a payment that is heard while another saga holds the suspended deployment resumes it afterwards', async () => {
  await using world = await withInvoice([
    { kind: '429', match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, skip: 1, times: 3 },
  ]);
  await world.hear('overdue');
  await world.suspendOverdue();
  await world.becomes('suspended');
  const inputs = { provider_id: '101', size_slug: 's-1vcpu-2gb', confirm: 'web-1' };
  await world.get(provisioning.startSaga, { kind: 'resize_droplet', inputs });
  await world.hear('paid');
  await world.becomes('active');
  await world.noSaga();
  const { items } = await world.get(provisioning.listSagas, {});
  // Started at one played instant, they have no order.
  expect(items.map(({ kind, status }) => `${kind} ${status}`).toSorted()).toEqual([
    'resize_droplet completed',
    'resume completed',
    'suspend completed',
  ]);
  expect(await powerOf(world.simulator, 101)).toBe('s-1vcpu-2gb active');
});

it('a resumption that fails is tried again the next day', async () => {
  await using world = await withInvoice([
    { kind: '500', status: 422, match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, skip: 1, times: 1 },
  ]);
  await world.hear('overdue');
  await world.suspendOverdue();
  await world.becomes('suspended');
  await world.hear('paid');
  await world.noSaga();
  expect(await world.stateOf()).toBe('suspended');
  await world.suspendOverdue('2026-04-10');
  await world.becomes('active');
});
