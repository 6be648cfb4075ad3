import { invoicing } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

let stack: WholeStack;
beforeAll(async () => {
  stack = await startWholeStack(twoTenants);
  await stack.play();
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

const period = '2026-04';

test('usage reported after the close is a pending adjustment until a forced invoice run of its month includes it', async () => {
  const [acme, operator] = [await stack.as('acme'), stack.player.api];
  const deployment_id = twoTenants.platform.deployments.find(({ tenant }) => tenant === 'acme')?.id ?? '';
  const before = await operator.list(invoicing.listInvoices, { period });
  const [first] = before.filter(({ tenant_id }) => tenant_id === 'acme');

  // 2,500 GB, of which Studio includes 2,000: 10.00, or 11.00 with tax.
  const data = { deployment_id, kind: 'bandwidth_gb', quantity: '2500' };
  const event = { specversion: '1.0', source: '/router', id: 'april', type: 'traffic', time: '2026-04-15T12:00:00Z' };
  const mediaType = 'application/cloudevents+json';
  await acme.send('POST', '/api/v1/usage', { body: { ...event, data }, mediaType });
  const pending = await eventually('the late usage is a pending adjustment', async () => {
    const { pending_adjustments } = await acme.request(invoicing.previewInvoice, { period: '2026-05' });
    return pending_adjustments.length > 0 && pending_adjustments;
  });
  expect(pending).toMatchObject([{ kind: 'adjustment', resource_kind: 'bandwidth_gb', amount_cents: 1000 }]);
  expect(await acme.request(invoicing.getInvoice, { invoice_id: first?.invoice_id ?? '' })).toMatchObject({
    status: 'issued',
  });

  const run = await operator.request(invoicing.runInvoices, { period, tenant_id: 'acme', force: true });
  expect(run.tenants).toEqual(['acme']);
  const reissued = await eventually('the invoice is reissued', async () => {
    const live = await acme.list(invoicing.listInvoices, { period, status: 'issued' });
    return live.find(({ invoice_id }) => invoice_id !== first?.invoice_id);
  });
  expect(reissued.close_revision).toBe(run.close_revision);
  expect(reissued.total_cents).toBe((first?.total_cents ?? 0) + 1100);
  const gone = await acme.request(invoicing.getInvoice, { invoice_id: first?.invoice_id ?? '' });
  expect(gone).toMatchObject({ status: 'void', number: first?.number, replaced_by: reissued.invoice_id });
  expect((await acme.request(invoicing.previewInvoice, { period: '2026-05' })).pending_adjustments).toEqual([]);

  // Invoices of other tenants are unchanged, and a second run changes nothing.
  const others = ({ tenant_id }: { tenant_id: string }): boolean => tenant_id !== 'acme';
  const again = await operator.request(invoicing.runInvoices, { period, tenant_id: 'acme', force: true });
  await eventually('the second run has ended', async () => {
    const runs = await operator.list(invoicing.listInvoiceRuns, { period, tenant_id: 'acme' });
    return runs.find(({ close_revision, status }) => close_revision === again.close_revision && status === 'unchanged');
  });
  const after = await operator.list(invoicing.listInvoices, { period });
  expect(after.filter(others)).toEqual(before.filter(others));
  expect(after.filter(({ tenant_id, status }) => tenant_id === 'acme' && status === 'issued')).toHaveLength(1);
}, 60_000);
