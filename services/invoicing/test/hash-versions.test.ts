import { invoicing, metering } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { closeOf, fact, figures, granted, openStage } from './stage.ts';

test('a close whose version of the hash this release does not know waits and names it; one of an older version is invoiced', async () => {
  await using at = await openStage();
  await at.deploy('acme', 'acme');
  await at.subscribe('acme', 'studio');
  const facts = ['2026-04-01', '2026-04-02'].map((day) =>
    fact('acme', 'acme', day, [{ kind: 'droplet_hours', qty: '86400', divisor: '3600', resource: 'a' }]),
  );
  await at.receive(...facts);
  const close = (revision: number, hash_version: number, hash: string) => {
    const next = closeOf('2026-04', facts, { revision });
    const tenants = next.tenants.map((tenant) => ({ ...tenant, hash }));
    return publishEvent(at.nats, metering.periodClosed, { ...next, hash_version, tenants });
  };
  await close(1, 3, '0'.repeat(64));
  const waiting = await eventually('the run waits', async () => {
    const [run] = granted(await at.ask(invoicing.listInvoiceRuns, { tenant_id: 'acme' })).items;
    return run?.status === 'waiting' ? run : null;
  });
  expect(waiting.detail).toBe('the close hashes its facts by version 3, which this release does not know');
  await close(2, 1, metering.factsHash(facts, 1));
  const [invoice] = await eventually('the invoice is made', async () => {
    const invoices = await at.invoices('acme');
    return invoices.length === 1 ? invoices : null;
  });
  expect(invoice === undefined ? null : figures(invoice)).toEqual([5000, 500, 5500]);
});
