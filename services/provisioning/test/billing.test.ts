import { invoicing, provisioning } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { type Faults, observe, openProviderStage, powerOf, runSaga } from './stage.ts';

const invoiceId = '11111111-1111-4111-8111-111111111111';
const suspending = { ARCADIA_WRITE: '1', SUSPEND_AFTER_DAYS: '7' };

/** A deployment with one droplet, and its invoice. */
async function openInvoiceStage(faults: Faults = [], env: Record<string, string> = suspending) {
  const stage = await openProviderStage(faults, env);
  const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  const owner = { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' };
  await observe(stage, 101, { owner });
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
  const publish = async (kind: 'overdue' | 'paid' | 'voided') => {
    const contract = {
      overdue: invoicing.invoiceOverdue,
      paid: invoicing.invoicePaid,
      voided: invoicing.invoiceVoided,
    }[kind];
    const data = {
      overdue: { due_on: '2026-03-31', overdue_at: '2026-04-01T00:00:00Z' },
      paid: { paid_at: '2026-04-09T00:00:00Z', reference: 'bank' },
      voided: { voided_at: '2026-04-09T00:00:00Z', reason: 'wrong', replaced_by: null },
    }[kind];
    copies += 1;
    // A new id passes the server's own deduplication, as a message after a lost acknowledgement does.
    const headers = { 'Nats-Msg-Id': `copy-${copies}` };
    await publishEvent(stage.nats, contract, { ...invoice, ...data } as never, { headers });
    await stage.running.settled();
  };
  const stateOf = async () => (await stage.reply(provisioning.getDeployment, { deployment_id })).state;
  const becomes = (state: string) =>
    eventually(`it is ${state}`, async () => (await stateOf()) === state, { timeoutMs: 20_000 });
  /** A week later, in the morning. */
  const suspendOverdue = async (day = '2026-04-09') => {
    stage.clock.set(`${day}T05:00:00Z`);
    await stage.running.runJob('suspend-overdue', `${day}T04:50:00Z`);
  };
  const history = async () => {
    const { items } = await stage.reply(provisioning.listDeploymentEvents, { deployment_id });
    return items.map(({ state, actor }) => [state, actor]).toReversed();
  };
  const hold = (isHeld: boolean) =>
    stage.reply(provisioning.updateDeployment, { deployment_id, billing_action_suspended: isHeld });
  const noSaga = () =>
    eventually(
      'no saga is under way',
      async () => {
        const { items } = await stage.reply(provisioning.listSagas, {});
        return items.every(({ finished_at }) => finished_at !== null);
      },
      { timeoutMs: 20_000 },
    );
  return { ...stage, deployment_id, publish, stateOf, becomes, suspendOverdue, history, hold, noSaga };
}

const billing = 'service:provisioning/billing';

describe('provisioning: an unpaid invoice', () => {
  it('an invoice unpaid for a week suspends its deployment and a payment resumes it, however often either event arrives', async () => {
    await using stage = await openInvoiceStage();
    await stage.publish('overdue');
    await stage.publish('overdue');
    expect(await stage.stateOf()).toBe('past_due');
    await stage.suspendOverdue('2026-04-07');
    expect(await stage.stateOf()).toBe('past_due');
    await stage.suspendOverdue();
    await stage.becomes('suspended');
    await stage.suspendOverdue('2026-04-10');
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb off');
    await stage.publish('paid');
    await stage.publish('paid');
    await stage.becomes('active');
    await stage.publish('overdue');
    await stage.noSaga();
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
    expect(await stage.history()).toEqual([
      ['active', 'op'],
      ['past_due', billing],
      ['suspended', billing],
      ['active', billing],
    ]);
  });

  it('a deployment on hold is neither suspended nor resumed, until the hold is lifted', async () => {
    await using stage = await openInvoiceStage();
    await stage.hold(true);
    await stage.publish('overdue');
    await stage.suspendOverdue();
    expect(await stage.stateOf()).toBe('active');
    await stage.hold(false);
    expect(await stage.stateOf()).toBe('past_due');
    await stage.hold(true);
    await stage.suspendOverdue('2026-04-10');
    expect(await stage.stateOf()).toBe('past_due');
    await stage.hold(false);
    await stage.suspendOverdue('2026-04-11');
    await stage.becomes('suspended');
    await stage.hold(true);
    await stage.publish('paid');
    expect(await stage.stateOf()).toBe('suspended');
    await stage.hold(false);
    await stage.becomes('active');
  });

  it('a voided invoice counts as settled', async () => {
    await using stage = await openInvoiceStage();
    await stage.publish('overdue');
    await stage.publish('voided');
    expect(await stage.stateOf()).toBe('active');
  });

  it('a payment never resumes a deployment that a person suspended', async () => {
    await using stage = await openInvoiceStage();
    await runSaga(stage, 'suspend', { deployment_id: stage.deployment_id, confirm: 'shop' });
    await stage.publish('overdue');
    await stage.publish('paid');
    await stage.suspendOverdue();
    await stage.noSaga();
    expect(await stage.stateOf()).toBe('suspended');
  });
});

describe('provisioning: while billing suspends a deployment', () => {
  /** The droplet accepts no command at first, so that the saga takes a while. */
  const slowly = { kind: '429', match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, times: 3 };

  it('a payment that arrives during the suspension leaves the deployment active, its droplet on', async () => {
    await using stage = await openInvoiceStage([slowly]);
    await stage.publish('overdue');
    await stage.suspendOverdue();
    await stage.publish('paid');
    await stage.noSaga();
    await stage.becomes('active');
    await stage.noSaga();
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
  });

  it('a hold that arrives during the suspension leaves the deployment as it was', async () => {
    await using stage = await openInvoiceStage([slowly]);
    await stage.publish('overdue');
    await stage.suspendOverdue();
    await stage.hold(true);
    await stage.noSaga();
    expect(await stage.stateOf()).toBe('past_due');
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb active');
  });
});

it('provisioning: a payment that arrives while another saga works on a suspended deployment resumes it afterwards', async () => {
  await using stage = await openInvoiceStage([
    { kind: '429', match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, skip: 1, times: 3 },
  ]);
  await stage.publish('overdue');
  await stage.suspendOverdue();
  await stage.becomes('suspended');
  const inputs = { provider_id: '101', size_slug: 's-1vcpu-2gb', confirm: 'web-1' };
  await stage.reply(provisioning.startSaga, { kind: 'resize_droplet', inputs });
  await stage.publish('paid');
  await stage.becomes('active');
  await stage.noSaga();
  const { items } = await stage.reply(provisioning.listSagas, {});
  // Stage at one played instant, they have no order.
  expect(items.map(({ kind, status }) => `${kind} ${status}`).toSorted()).toEqual([
    'resize_droplet completed',
    'resume completed',
    'suspend completed',
  ]);
  expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-2gb active');
});

it('provisioning: a resumption that fails is tried again the next day', async () => {
  await using stage = await openInvoiceStage([
    { kind: '500', status: 422, match: { method: 'POST', path: '^/v2/droplets/101/actions$' }, skip: 1, times: 1 },
  ]);
  await stage.publish('overdue');
  await stage.suspendOverdue();
  await stage.becomes('suspended');
  await stage.publish('paid');
  await stage.noSaga();
  expect(await stage.stateOf()).toBe('suspended');
  await stage.suspendOverdue('2026-04-10');
  await stage.becomes('active');
});
