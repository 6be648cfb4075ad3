import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { importCsv, service } from '@arcadia/billing-ingest';
import { createLog, startService } from '@arcadia/platform';
import { sql } from 'kysely';
import type { BenchStage } from './bench.ts';
import { createServiceDatabase } from './service-database.ts';

export const lines = Number(process.env['BENCH_LINES'] ?? 1_000_000);
export const columns = [
  'product',
  'group_description',
  'description',
  'hours',
  'start',
  'end',
  'USD',
  'project_name',
  'category',
];
const invoiceUuid = 'b0000000-0000-4000-8000-000000000001';

/** The lines of a typical invoice: mostly droplets, snapshots and volumes of one month, some quoted because of a comma in the name. */
function* rows(): Generator<string> {
  yield `${columns.join(',')}\n`;
  for (let n = 0; n < lines; n += 1) {
    const start = `2026-03-${String((n % 28) + 1).padStart(2, '0')} 00:00:00 +0000`;
    const amount = `$${n % 90}.${String(n % 100).padStart(2, '0')}`;
    const times = `${n % 745},${start},2026-04-01 00:00:00 +0000,${amount},project-${n % 500},iaas`;
    if (n % 5000 === 0) yield `Droplets,,"web, the ${n}th (s-1vcpu-1gb)",${times}\n`;
    else if (n % 10 === 1) yield `Droplet Snapshots,,web-${n}-base (syd1) 8.20GB Droplet Snapshot,${times}\n`;
    else if (n % 10 === 2) yield `Volumes,,data-${n} (20GB),${times}\n`;
    else yield `Droplets,,web-${n} (s-1vcpu-1gb),${times}\n`;
  }
}

/** Writes the CSV of a large invoice and starts the service that imports it. */
export async function openImport(stage: BenchStage) {
  const url = await createServiceDatabase(stage, 'billing');
  const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-csv-'));
  stage.defer(async () => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'invoice.csv');
  stage.progress(`writing ${lines} lines`);
  await pipeline(Readable.from(rows()), createWriteStream(file));
  const log = createLog({ name: 'billing-ingest', level: 'error', destination: process.stderr });
  const running = await startService(service, {
    env: { DATABASE_URL: url, NATS_URL: stage.natsUrl },
    log,
    scheduler: false,
  });
  stage.defer(() => running.stop());
  const { db } = running.context;
  await sql`
    INSERT INTO cloud_invoices (invoice_uuid, provider, period, currency, status, header_amount, discovered_at)
    VALUES (${invoiceUuid}, 'digitalocean', '2026-03', 'USD', 'discovered', 0, '2026-04-01')`.execute(db);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const grown: number[] = [];
  return {
    url,
    folder,
    file,
    async run() {
      await sql`TRUNCATE cloud_cost_lines, cloud_cost_allocations, cloud_invoice_evidence, cloud_invoice_evidence_chunks`.execute(
        db,
      );
      global.gc?.();
      const before = process.memoryUsage.rss();
      let most = before;
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss());
      }, 50);
      delay.enable();
      const started = performance.now();
      const read = await importCsv(running.context, {
        invoiceUuid,
        isStoringLines: true,
        body: createReadStream(file, { highWaterMark: 256 * 1024 }),
      });
      const ms = performance.now() - started;
      delay.disable();
      clearInterval(watch);
      if (read.totals?.lines !== lines)
        throw new Error(`read ${read.totals?.lines} lines: ${JSON.stringify(read.faults.slice(0, 3))}`);
      grown.push((most - before) / 1024 / 1024);
      return { units: lines, ms };
    },
    async sums() {
      const found = await sql<{ lines: string; cents: string }>`
        SELECT count(*) AS lines, sum(amount_minor) AS cents FROM cloud_cost_lines`.execute(db);
      return found.rows[0] ?? { lines: '0', cents: '0' };
    },
    async notes() {
      return {
        'memory growth, MB (at most 64)': Math.max(...grown.slice(1)),
        'event loop delay p99, ms (at most 50)': delay.percentile(99) / 1e6,
      };
    },
  };
}
