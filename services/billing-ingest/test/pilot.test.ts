import { readFile } from 'node:fs/promises';
import { billingIngest } from '@arcadia/contracts';
import { publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { openStage, pilotInventory } from './stage.ts';

const pilot = await readFile(new URL('../../../worlds/pilot.json', import.meta.url), 'utf8');
const tick = '2026-05-01T02:23:00Z';

test('billing-ingest: the pilot invoice has 33 lines, 79.02 and GST 7.90, 17 matched and 16 with a reason, and the same total in finance', async () => {
  await using stage = await openStage({ world: pilot });
  await stage.observe(...pilotInventory(stage.world));
  await stage.billing.runJob('discover-invoices', tick);
  await stage.billing.settled();
  const [event, ...more] = await publishedEvents(stage.database, billingIngest.invoiceIngested);
  expect(more).toEqual([]);
  expect(event?.data).toMatchObject({
    period: '2026-03',
    status: 'reconciled',
    amount_net_minor: 7902,
    amount_tax_minor: 790,
    amount_gross_minor: 8692,
    revision: 1,
  });
  const lines = event?.data.lines ?? [];
  expect(lines).toHaveLength(33);
  const reasons = Map.groupBy(lines, ({ unmatched_reason }) => unmatched_reason ?? 'matched');
  expect(Object.fromEntries([...reasons].map(([reason, of]) => [reason, of.length]))).toEqual({
    matched: 17,
    destroyed_before_first_sync: 11,
    tax: 1,
    account_level: 1,
    unknown: 3,
  });
  for (const line of lines)
    expect(line.allocations.reduce((sum, { amount_cents }) => sum + amount_cents, 0)).toBe(line.amount_cents);
  expect(stage.finance.imported()).toMatchObject([
    {
      book: 'cost',
      tenant: 'platform-admin',
      source: 'digitalocean',
      imports: 1,
      body: { amount_net_minor: 7902, amount_tax_minor: 790, amount_gross_minor: 8692 },
    },
  ]);
});
