import { billingIngest } from '@arcadia/contracts';
import { askService, publishedEvents, startTestService, tableRows } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { captures } from '../src/captures.ts';
import { service } from '../src/service.ts';
import { discover, invoiceUuid, owner, worldWith } from './bills.ts';
import { acmeDeployment, deployed, observed, openStage, operatorActor, secret } from './stage.ts';

const items = [
  { product: 'Droplets', description: 'web (s-1vcpu-1gb)', amount: '6.00', duration: '720', resource: '101' },
  { product: 'Droplets', description: 'db (s-1vcpu-1gb)', amount: '6.00', duration: '720', resource: '102' },
  { product: 'Premium Support', description: 'April', amount: '1.00' },
];

test('after a set-back a bill that was imported has its lines and owners again, and is published only once and one bill in finance', async () => {
  await using on = await openStage({ world: worldWith(items, { amount: '14.00' }) });
  const droplet = (provider_id: string, name: string) =>
    observed({
      ...{ kind: 'droplet', provider_id, name, created_at: '2026-03-01T00:00:00Z' },
      owner,
    });
  await on.deploy(deployed('acme', acmeDeployment));
  await on.observe(droplet('101', 'web'));
  const backup = await on.database.snapshot();
  await expect.poll(async () => (await on.billing.health()).facts['relay']?.ok).toBe(true);

  const ask = <Contract extends Parameters<typeof askService>[1]>(
    contract: Contract,
    input: Parameters<typeof askService<Contract>>[2],
  ) => askService(on.nats, contract, input, { actor: operatorActor });
  await discover(on);
  // Known only after the invoice was read, so its line is matched by a second revision.
  await on.observe(droplet('102', 'db'));
  await ask(billingIngest.putFxRates, { rates: [{ period: '2026-04', from: 'USD', to: 'AUD', rate: '1.5' }] });
  await ask(billingIngest.acceptInvoice, { invoice_uuid: invoiceUuid, reason: 'agreed with support' });
  await on.billing.settled();
  const state = async (billing: typeof on.billing) => {
    const { db } = billing.context;
    const lines = await sql`
      SELECT l.line_no, l.product, l.amount, l.amount_minor, l.provider_ids, l.resource_id, l.matched_by, l.unmatched_reason,
        a.target, a.deployment_id, a.amount_minor AS share, a.milliseconds, a.rule
      FROM cloud_invoices JOIN cloud_cost_lines l USING (reading_id) LEFT JOIN cloud_cost_allocations a USING (reading_id, line_no)
      ORDER BY l.line_no, a.share_no`.execute(db);
    const tables = captures
      .filter((captured) => typeof captured === 'string')
      .map((table) => (table === 'cloud_invoices' ? { table, except: ['reading_id', 'ingest_count'] } : table));
    return {
      rows: await tableRows(db, tables),
      lines: lines.rows,
      published: (await publishedEvents(on.database, billingIngest.invoiceIngested)).map(({ data }) => data),
      pushed: on.finance.imported().map(({ body }) => body),
    };
  };
  const before = await state(on.billing);
  expect(before.lines).toHaveLength(4);
  expect(before.published.length).toBeGreaterThan(2);
  await on.billing.stop();
  await backup.setBack();

  const { database, nats, clock } = on;
  await using restored = await startTestService(service, {
    ...{ database, nats, clock: clock as never },
    env: {
      DIGITALOCEAN_TOKEN: 'dop_v1_test',
      DIGITALOCEAN_API_URL: on.simulator.url,
      FINANCE_URL: on.finance.url,
      FINANCE_SECRET: secret,
    },
  });
  await restored.settled();
  expect(await state(restored)).toEqual(before);
}, 60_000);
