import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFinanceStandIn } from '@arcadia/finance-stand-in';
import { defineConfig } from '@arcadia/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CostImport, importCost, importReceivable } from './client.ts';
import { type FinanceAccess, financeAccess, financeVariables } from './config.ts';

const secret = 'a secret of at least thirty-two bytes';
const options = { service: 'test', signal: AbortSignal.timeout(60_000) };
const cost: CostImport = {
  source: 'digitalocean',
  external_id: 'invoice-1',
  invoice_number: '1',
  period: '2026-03',
  currency: 'USD',
  amount_net_minor: 7902,
  amount_tax_minor: 790,
  amount_gross_minor: 8692,
  fx: null,
  lines: [{ kind: 'droplet', lines: 1, amount_minor: 7902 }],
};
const receivable = {
  source: 'arcadia' as const,
  external_id: 'document-1',
  document: 'invoice' as const,
  number: 'INV-1',
  invoice_external_id: 'document-1',
  customer: 'acme',
  period: '2026-03',
  currency: 'AUD',
  amount_net_minor: 100,
  amount_tax_minor: 10,
  amount_gross_minor: 110,
  issued_at: '2026-04-01T00:00:00Z',
  due_on: null,
};

let standIn: Awaited<ReturnType<typeof startFinanceStandIn>>;
const accessTo = (url: string): FinanceAccess => {
  const access = defineConfig(financeVariables, financeAccess)({ FINANCE_URL: url, FINANCE_SECRET: secret });
  if (access === null) throw new Error('the test configures a finance system');
  return access;
};

beforeAll(async () => {
  standIn = await startFinanceStandIn({ secret });
});
afterAll(() => standIn.stop());

test('finance: a cost imported twice is one cost under one id, and a receivable is another', async () => {
  const finance = accessTo(standIn.url);
  const id = await importCost(finance, cost, options);
  expect(await importCost(finance, { ...cost, amount_gross_minor: 9000 }, options)).toBe(id);
  expect(await importReceivable(finance, receivable, options)).not.toBe(id);
  expect(standIn.imported()).toMatchObject([
    { book: 'cost', tenant: 'platform-admin', imports: 2, body: { amount_gross_minor: 9000 } },
    { book: 'receivable', external_id: 'document-1' },
  ]);
});

test.each([
  [503, true],
  [429, true],
  [401, true],
  [422, false],
])('finance: an answer %i is an error with the document in its text, and an outage: %s', async (status, isOutage) => {
  standIn.fail(1, { status });
  await expect(importReceivable(accessTo(standIn.url), receivable, options)).rejects.toMatchObject({
    name: 'FinanceError',
    message: expect.stringContaining(`${status} to the import of invoice INV-1`),
    isOutage,
  });
});

test('finance: a connection that breaks is an outage', async () => {
  standIn.fail(1, { hangUp: true });
  await expect(importCost(accessTo(standIn.url), cost, options)).rejects.toMatchObject({ isOutage: true });
});

test('finance: an answer without an id, or that is not JSON, is an error but no outage', async () => {
  const bodies = ['{}', '<html>'];
  const server = createServer((_, response) => response.end(bodies.shift())).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const finance = accessTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const _ of [1, 2])
      await expect(importCost(finance, cost, options)).rejects.toMatchObject({
        message: 'the finance system accepted cost invoice-1 but its answer has no usable id',
        isOutage: false,
      });
  } finally {
    server.close();
  }
});
