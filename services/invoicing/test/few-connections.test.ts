import { expect, test } from 'vitest';
import { closeOf, fact, openStage } from './stage.ts';

test('a close is invoiced with fewer connections than runs at once: no run needs a second connection', async () => {
  await using on = await openStage('2026-05-01T03:00:00Z', { DATABASE_CONNECTIONS: '3' });
  const tenants = Array.from({ length: 24 }, (_, index) => `t${index}`);
  await on.createTenants(...tenants);
  for (const tenant of tenants) {
    await on.deploy(tenant, tenant);
    await on.subscribe(tenant, 'studio');
  }
  const facts = tenants.map((tenant) =>
    fact(tenant, tenant, '2026-04-07', [{ kind: 'droplet_hours', qty: '86400', divisor: '3600', resource: 'a' }]),
  );
  await on.receive(...facts);
  await on.close(closeOf('2026-04', facts));
  const numbers = await Promise.all(tenants.map(async (tenant) => (await on.invoice(tenant)).number));
  // The numbers have no gap, in whichever order the runs ended.
  const inOrder = numbers.map((number) => Number(number?.replace(/^.*-/, ''))).toSorted((a, b) => a - b);
  expect(inOrder).toEqual(tenants.map((_, index) => index + 1));
}, 60_000);
