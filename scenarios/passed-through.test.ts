import { billingIngest, invoicing, metering } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { eventually } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { startWholeStack } from './src/whole-stack.ts';

const passing = (mark_up_percent: string) =>
  ['droplet_hours', 'kubernetes_ha_hours'].map((kind) => ({ kind, charge_model: 'pass_through', mark_up_percent }));

/** A droplet that moves from one deployment to another in mid-month, and a bill with a header that is above its lines. */
const world = {
  name: 'passed-through',
  period: '2026-04',
  provider: {
    projects: [{ name: 'internal' }, { name: 'p' }, { name: 'q' }],
    droplets: [{ name: 'w', id: 7001, project: 'p', changes: [{ at: '2026-04-16T13:37:00Z', project: 'q' }] }],
    invoices: [
      {
        period: '2026-04',
        id: 'DO-4711',
        amount: '8.07',
        items: [
          { product: 'Droplets', description: 'w (s-1vcpu-1gb)', amount: '6.00', resource: '7001' },
          { product: 'Taxes', description: 'GST (10%)', amount: '1.00' },
        ],
      },
    ],
  },
  platform: {
    internal_project: 'internal',
    tenants: [{ id: 'waiter' }, { id: 'adjuster' }],
    deployments: [
      { tenant: 'waiter', slug: 'a', project: 'p' },
      { tenant: 'adjuster', slug: 'b', project: 'q' },
    ],
    subscriptions: [
      { deployment: 'a', plan: 'waits' },
      { deployment: 'b', plan: 'adjusts' },
    ],
    exchange_rates: [{ period: '2026-04', rate: '1.5' }],
    catalog: {
      plans: [
        { code: 'waits', base_price_cents: 1000, items: passing('20') },
        { code: 'adjusts', base_price_cents: 2000, provider_bill: 'adjust', items: passing('10') },
      ],
    },
  },
};

test('one plan waits for the bill until its difference is accepted, another is adjusted by it; both are proved', async () => {
  await using stack = await startWholeStack(parseWorld(JSON.stringify(world), 'world.json'));
  const report = await stack.play();
  const { api } = stack.player;
  expect(report.invoices.map(({ tenant_id, subtotal_cents }) => [tenant_id, subtotal_cents])).toEqual([
    ['adjuster', 2000],
  ]);
  const [run] = await api.list(invoicing.listInvoiceRuns, { period: '2026-04', tenant_id: 'waiter' });
  expect(run).toMatchObject({ status: 'waiting' });
  expect(run?.detail).toContain('DO-4711 is unreconciled, with 1.07 USD that its lines do not explain');

  const [bill] = await api.list(billingIngest.listProviderInvoices, {});
  await api.request(billingIngest.acceptInvoice, { invoice_uuid: bill?.invoice_uuid ?? '', reason: 'Rounded' });
  const waiter = await stack.as('waiter');
  const invoice = await eventually('the invoice that waited is issued', async () => {
    const [issued] = await waiter.list(invoicing.listInvoices, { period: '2026-04' });
    return issued === undefined ? null : waiter.request(invoicing.getInvoice, { invoice_id: issued.invoice_id });
  });
  const line = invoice.lines.find(({ kind }) => kind === 'overage');
  // Of the 720 hours 373.6166… belong to the first deployment: 3.11 and 2.89 USD, as in the margin.
  expect(line).toMatchObject({
    description:
      'Passed through droplet_hours: provider billed 3.11 USD for droplet w (s-1vcpu-1gb) at 1.5 (2026-04), plus 20 %',
    amount_cents: 560,
  });
  const evidence = await waiter.request(invoicing.getLineEvidence, {
    invoice_id: invoice.invoice_id,
    line_id: line?.line_id ?? '',
  });
  expect(evidence.bill_lines).toMatchObject([
    { invoice_number: 'DO-4711', amount_cents: 311, from: '2026-04-01', until: '2026-04-17' },
  ]);
  const adjuster = await stack.as('adjuster');
  const pending = await eventually('the other tenant is adjusted', async () => {
    const { pending_adjustments: all } = await adjuster.request(invoicing.previewInvoice, { period: '2026-05' });
    return all.length === 0 ? null : all;
  });
  expect(pending.map(({ amount_cents }) => amount_cents)).toEqual([477]);
  const margin = await api.request(invoicing.getMargin, { period: '2026-04', group_by: 'kind' });
  expect(margin.items.find(({ kind }) => kind === 'droplet_hours')?.cost_provider_cents).toBe(311 + 289);

  const { proof_id } = await api.request(invoicing.startProof, { period: '2026-04' });
  const proof = await eventually('the proof has ended', async () => {
    const found = await api.request(invoicing.getProof, { proof_id });
    return found.status === 'running' ? null : found;
  });
  expect([proof.status, proof.tenants]).toEqual(['proved', 2]);
  const { replay_id } = await api.request(metering.startReplay, { period: '2026-04' });
  const replayed = await eventually('the replay has ended', async () => {
    const found = await api.request(metering.getReplay, { replay_id });
    return found.status === 'running' ? null : found;
  });
  expect(replayed.status).toBe('agrees');
});
