import { billingIngest, inventorySync, serviceActor } from '@arcadia/contracts';
import { connectBus, createLog, sendStreamRequest, triggerJob } from '@arcadia/platform';
import { askService, eventually, publishEvent, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { observed, ownedBy } from '../test/stage.ts';
import { startProviderOfLines } from './provider-of-lines.ts';
import { forkReplica } from './replica.ts';

const lines = Number(process.env['LONG_INVOICE_LINES'] ?? 150_000);
/** Waiting time in milliseconds, also for a busy machine. */
const patienceMs = 120_000 + 2 * lines;
const actor = serviceActor('billing-ingest');
const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Every tenth droplet is known, half of them under a name that another droplet has too. */
const known = Array.from({ length: 4000 }, (_, index) =>
  observed({
    kind: 'droplet',
    provider_id: String(index * 10),
    name: `web-${index * 10}`,
    created_at: '2026-02-01T00:00:00Z',
    effective_at: '2026-02-01T00:00:00Z',
    owner: ownedBy('acme', uuid(index % 700)),
  }),
);

test(
  `billing-ingest: an invoice of ${lines} lines is read, matched, allocated, published and exported with 96 MB of heap`,
  async () => {
    await using database = await throwawayDatabase({ service: 'billing-ingest' });
    await using nats = await throwawayNats();
    await using provider = await startProviderOfLines(lines);
    const env = {
      DATABASE_URL: database.url,
      NATS_URL: nats.url,
      DIGITALOCEAN_TOKEN: 'dop_v1_test',
      DIGITALOCEAN_API_URL: provider.url,
    };
    const replica = await forkReplica(env, { heapMb: 96 });
    const bus = await connectBus(
      { servers: [nats.url] },
      { name: 'test', log: createLog({ name: 'test', level: 'silent' }) },
    );
    const sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    try {
      await publishEvent(nats, inventorySync.resourceObserved, known);
      await askService(
        nats,
        billingIngest.putAllocationRule,
        { line_class: 'tax', from_period: '2026-01', rule: { method: 'cost' } },
        { actor },
      );
      await eventually(
        'the observed resources are stored',
        async () =>
          Number((await sql.query('SELECT count(*) FROM billing.resource_states')).rows[0].count) === known.length,
      );
      const began = performance.now();
      const before = replica.mostRss();
      await triggerJob(bus, 'billing-ingest', 'discover-invoices', {
        scheduledAt: Temporal.Instant.from('2026-05-01T02:23:00Z'),
      });
      await eventually(
        'the invoice is committed',
        async () => (await sql.query('SELECT 1 FROM billing.cloud_invoices WHERE revision = 1')).rowCount === 1,
        { timeoutMs: patienceMs, everyMs: 500 },
      );
      await eventually(
        'the outbox is empty',
        async () => (await sql.query('SELECT 1 FROM billing.outbox LIMIT 1')).rowCount === 0,
        { timeoutMs: patienceMs },
      );
      const { rows } = await sql.query(`
      SELECT i.status, i.lines, i.matched, i.amount_gross_minor::int AS gross, i.difference_minor::int AS difference,
        (SELECT sum(amount_minor)::int FROM billing.cloud_cost_allocations) AS allocated,
        (SELECT count(DISTINCT payload->>'part')::int FROM billing.events WHERE type = 'invoice.ingested') AS parts,
        (SELECT max((payload->>'parts')::int) FROM billing.events WHERE type = 'invoice.ingested') AS of,
        (SELECT max(octet_length(payload::text))::int FROM billing.events WHERE type = 'invoice.ingested') AS largest,
        (SELECT sum((l->>'amount_cents')::int)::int FROM billing.events, json_array_elements(payload->'lines') AS l WHERE type = 'invoice.ingested') AS published
      FROM billing.cloud_invoices i`);
      expect(rows[0]).toMatchObject({
        status: 'reconciled',
        lines,
        gross: provider.totalCents,
        difference: 0,
        allocated: provider.totalCents,
        published: provider.totalCents,
      });
      expect(rows[0].parts).toBe(rows[0].of);
      expect(rows[0].largest).toBeLessThan(512 * 1024);
      const committed = performance.now();
      const file = await sendStreamRequest(bus, billingIngest.exportCostLines, {}, { actor, deadlineMs: patienceMs });
      if ('refused' in file) throw new Error(file.detail);
      let newlines = 0;
      for await (const chunk of file.chunks) for (const byte of chunk) if (byte === 10) newlines += 1;
      expect(newlines).toBeGreaterThan(lines);
      console.log(
        `${lines} lines: ${Math.round((committed - began) / 1000)} s to publish, ${rows[0].parts} messages, ${rows[0].matched} matched, export ${Math.round((performance.now() - committed) / 1000)} s, ${Math.round((replica.mostRss() - before) / 2 ** 20)} MB more than before`,
      );
    } finally {
      await sql.end();
      await bus.close();
      await replica.stop();
    }
  },
  2 * patienceMs + 120_000,
);
