import { expect, test } from 'vitest';
import { processLedger } from './process-ledger.ts';
import type { BudgetLedger } from './shared-budget.ts';

const start = Temporal.Instant.from('2026-04-01T00:00:00Z');

const generous = (waitMs = () => 0): BudgetLedger & { taken: number } => ({
  taken: 0,
  async take(requests) {
    if (waitMs() === 0) this.taken += requests;
    return waitMs();
  },
  block: async () => undefined,
});

test('process ledger: services of one process that use one token have one budget, and another token has its own', async () => {
  const account = { baseUrl: 'http://one-budget', token: 'shared' };
  const services = [generous(), generous(), generous()];
  const ledgers = services.map((own) => processLedger(own, () => account));
  for (let nth = 0; nth < 400; nth += 1) await ledgers[nth % 3]?.take(1, start);
  expect(services.reduce((sum, { taken }) => sum + taken, 0)).toBe(250);
  expect(await ledgers[0]?.take(1, start.add({ seconds: 20 }))).toBe(40_000);
  expect(await ledgers[0]?.take(1, start.add({ seconds: 60 }))).toBe(0);
  expect(await processLedger(generous(), () => ({ ...account, token: 'another' })).take(1, start)).toBe(0);

  await ledgers[1]?.block(start.add({ minutes: 10 }), start);
  expect(await ledgers[2]?.take(1, start.add({ minutes: 4 }))).toBe(360_000);
});

test('process ledger: a request that the own ledger of the service refuses is not counted', async () => {
  let waitMs = 1_000;
  const ledger = processLedger(
    generous(() => waitMs),
    () => ({ baseUrl: 'http://refused', token: 'own' }),
  );
  for (let nth = 0; nth < 300; nth += 1) expect(await ledger.take(1, start)).toBe(1_000);
  waitMs = 0;
  expect(await ledger.take(250, start)).toBe(0);
  expect(await ledger.take(1, start)).toBe(60_000);
});
