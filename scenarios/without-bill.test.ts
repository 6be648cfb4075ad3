import { billingIngest, invoicing, metering } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { eventually } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { operator, signIn, startTestConsole } from './src/console-stage.ts';
import { startWholeStack } from './src/whole-stack.ts';

const items = ['droplet_hours', 'kubernetes_ha_hours'].map((kind) => ({
  kind,
  charge_model: 'pass_through',
  mark_up_percent: '20',
}));

/** Two tenants whose plan passes through a bill that is issued only in June. */
const world = {
  name: 'without-bill',
  period: '2026-04',
  provider: {
    projects: [{ name: 'internal' }, { name: 'p' }, { name: 'q' }],
    droplets: [
      { name: 'w', id: 7001, project: 'p' },
      { name: 'x', id: 7002, project: 'q' },
    ],
    invoices: [
      {
        period: '2026-04',
        id: 'DO-1',
        issued_at: '2026-06-10T00:00:00Z',
        items: [
          { product: 'Droplets', description: 'w (s-1vcpu-1gb)', amount: '6.00', resource: '7001' },
          { product: 'Droplets', description: 'x (s-1vcpu-1gb)', amount: '6.00', resource: '7002' },
        ],
      },
    ],
  },
  platform: {
    internal_project: 'internal',
    tenants: [{ id: 'one' }, { id: 'two' }],
    deployments: [
      { tenant: 'one', slug: 'a', project: 'p' },
      { tenant: 'two', slug: 'b', project: 'q' },
    ],
    subscriptions: ['a', 'b'].map((deployment) => ({ deployment, plan: 'waits' })),
    exchange_rates: [{ period: '2026-04', rate: '1.5' }],
    catalog: { plans: [{ code: 'waits', base_price_cents: 1000, items }] },
  },
};

test('a month whose bill never comes is invoiced by an operator in the console, is proved, and is adjusted when the bill comes after all', async () => {
  await using stack = await startWholeStack(parseWorld(JSON.stringify(world), 'world.json'));
  expect((await stack.play()).invoices).toEqual([]);
  const { api } = stack.player;
  const runsOf = (tenant_id: string) => api.list(invoicing.listInvoiceRuns, { period: '2026-04', tenant_id });
  expect(await runsOf('one')).toMatchObject([{ status: 'waiting', waits_for: 'bill' }]);

  const console = await startTestConsole(stack);
  const visitor = await signIn(console, operator);
  expect((await visitor.get('/periods/2026-04')).html).toContain('Invoice without the bill');
  const empty = await visitor.post('/periods/2026-04/without-bill', { tenant_id: 'one', reason: ' ' });
  expect(empty.html).toContain('id="without-bill-reason-fault"');
  const sent = await visitor.post('/periods/2026-04/without-bill', { tenant_id: 'one', reason: 'Account closed' });
  expect(sent.html).toContain('The invoice of one is being made');
  const one = await stack.as('one');
  const issued = await eventually('the invoice is issued', async () => {
    const [found] = await one.list(invoicing.listInvoices, { period: '2026-04' });
    return found ?? null;
  });
  expect(issued).toMatchObject({ subtotal_cents: 1000, without_bill_reason: 'Account closed' });
  expect((await visitor.get(`/invoices/${issued.invoice_id}`)).html).toContain('Account closed');
  expect(await runsOf('two')).toMatchObject([{ status: 'waiting', waits_for: 'bill', without_bill: null }]);
  await console.stop();

  const prove = async () => {
    const { proof_id } = await api.request(invoicing.startProof, { period: '2026-04' });
    return eventually('the proof has ended', async () => {
      const found = await api.request(invoicing.getProof, { proof_id });
      return found.status === 'running' ? null : found.status;
    });
  };
  expect(await prove()).toBe('proved');
  const { replay_id } = await api.request(metering.startReplay, { period: '2026-04' });
  const replayed = await eventually('the replay has ended', async () => {
    const found = await api.request(metering.getReplay, { replay_id });
    return found.status === 'running' ? null : found.status;
  });
  expect(replayed).toBe('agrees');

  stack.running.providerClock.set(Temporal.Instant.from('2026-06-10T06:00:00Z'));
  await api.request(billingIngest.discoverInvoices, {});
  const pending = await eventually('the bill is adjusted', async () => {
    const { pending_adjustments: all } = await one.request(invoicing.previewInvoice, { period: '2026-05' });
    return all.length === 0 ? null : all;
  });
  expect(pending.map(({ amount_cents }) => amount_cents)).toEqual([1080]);
  const two = await stack.as('two');
  const whole = await eventually('the waiting invoice is issued', async () => {
    const [found] = await two.list(invoicing.listInvoices, { period: '2026-04' });
    return found ?? null;
  });
  expect([whole.subtotal_cents, whole.without_bill_reason]).toEqual([2080, undefined]);
  expect(await prove()).toBe('proved');
});
