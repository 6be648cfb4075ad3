import { readFileSync } from 'node:fs';
import { invoicing, isRefusal, serviceActor } from '@arcadia/contracts';
import { faultsOfRow, focusRowOf } from '@arcadia/focus';
import { forService, sendStreamRequest } from '@arcadia/platform';
import { readRows, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forkInvoicing } from './invoicing-process.ts';

/** The lines of March; February has a hundredth of them, to warm up. */
const lines = Number(process.env['ARCADIA_LINES'] ?? 1_000_000);
const invoices = 1_000;
/** What an export may take beyond what the service has in memory already, in MiB. */
const mostMib = 64;
const actor = serviceActor('notifications');

const { defineService } = forService<unknown, object>();
/** Who downloads. */
const reader = defineService({
  ...{ name: 'notifications', schema: null, config: () => ({}), migrations: {} },
  ...{ publishes: [], consumes: [], answers: [], jobs: [] },
});

const open = async () => {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await throwawayDatabase({ service: 'invoicing' }));
  const nats = stack.use(await throwawayNats());
  const running = stack.use(await startTestService(reader, { database: null, nats }));
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url };
  const service = await forkInvoicing(env);
  stack.defer(() => service.stop());
  for (const [period, count] of [
    ['2026-02', lines / 100],
    ['2026-03', lines],
  ] as const)
    for (const statement of monthOf(period, count)) await readRows(database, statement);
  return { stack, bus: running.bus, pid: service.pid };
};

/** What a line keeps of its terms. */
const terms = {
  ...{ charge_model: 'standard', days: [{ from: '2026-03-01', until: '2026-04-01' }], included: '2000', over: '1.25' },
  ...{ overage_price_cents: '2.5', overage_unit: '1', price_source: 'plan', used: '2001.25' },
};

/** A month of issued invoices with as many lines, written as the service would have. */
const monthOf = (period: string, count: number): string[] => [
  `INSERT INTO tenant_invoices (invoice_id, tenant_id, period, number, status, currency, customer, supplier, input, input_hash, output_hash,
     is_tax_inclusive, issue_at, issued_at, period_start, period_end, rating_version, subtotal_cents, tax_cents, total_cents, unrated, close_revision)
   SELECT md5('${period}' || i)::uuid, 'tenant-' || i, '${period}', 'INV-${period}-' || i, 'draft', 'AUD', '{"name":"Customer"}',
     '{"name":"Supplier"}', '{}', 'x', 'y', false, '${period}-28Z', '${period}-28Z', '${period}-01Z', '${period}-28Z', '1', 0, 0, 0, '[]', 1
   FROM generate_series(1, ${invoices}) i`,
  `INSERT INTO deployments SELECT md5('d' || i)::uuid, 'tenant-' || i, 'shop', 'Shop', 'active', 1 FROM generate_series(1, ${invoices}) i
   ON CONFLICT DO NOTHING`,
  `INSERT INTO tenant_invoice_lines (invoice_id, position, line_id, line_key, kind, deployment_id, resource_kind, description, qty, unit,
     unit_price_cents, amount_cents, meta)
   SELECT md5('${period}' || i)::uuid, p, md5('${period}' || i || ':' || p)::uuid, 'line-' || p, 'overage', md5('d' || i)::uuid, 'bandwidth_gb',
     'Outbound traffic of the shop, beyond what the plan includes: ' || p, p * 1.25, 'GB', 2.5, p * 3,
     '${JSON.stringify(terms)}'
   FROM generate_series(1, ${invoices}) i, generate_series(1, ${Math.ceil(count / invoices)}) p`,
  `UPDATE tenant_invoices SET status = 'issued' WHERE period = '${period}'`,
  'ANALYZE tenant_invoices',
  'ANALYZE tenant_invoice_lines',
];

let at: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  at = await open();
}, 400_000);
afterAll(() => at?.stack.disposeAsync());

const residentMib = (): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${at.pid}/status`, 'utf8'))?.[1]) / 1024;

type Contract = typeof invoicing.exportFocusCharges;

/** Downloads a month and keeps its first bytes. Returns its size and the most memory that the service had meanwhile. */
const download = async (contract: Contract, period: string) => {
  const answer = await sendStreamRequest(at.bus, contract, { period }, { actor, deadlineMs: 60_000 });
  if (isRefusal(answer)) throw new Error(answer.detail);
  let [bytes, mostMiB, newlines] = [0, 0, 0];
  let head = Buffer.alloc(0);
  for await (const chunk of answer.chunks) {
    if (bytes < 100_000) head = Buffer.concat([head, chunk]);
    bytes += chunk.length;
    for (const byte of chunk) if (byte === 10) newlines += 1;
    mostMiB = Math.max(mostMiB, residentMib());
  }
  return { bytes, mostMiB, newlines, head };
};

test.skipIf(process.platform !== 'linux').each([
  ['CSV', invoicing.exportFocusCharges],
  ['Parquet', invoicing.exportFocusChargesParquet],
] as const)(
  `a FOCUS export of ${lines} lines as %s takes at most ${mostMib} MiB more than the service has`,
  async (format, contract) => {
    for (let warm = 0; warm < 3; warm += 1) await download(contract, '2026-02');
    const beforeMib = residentMib();
    const startedMs = performance.now();
    const { bytes, mostMiB, newlines, head } = await download(contract, '2026-03');
    const seconds = (performance.now() - startedMs) / 1_000;
    process.stderr.write(
      `${format}: ${(bytes / 2 ** 20).toFixed(0)} MiB in ${seconds.toFixed(0)} s, ${(mostMiB - beforeMib).toFixed(1)} MiB beyond ${beforeMib.toFixed(0)} MiB\n`,
    );
    expect(mostMiB - beforeMib).toBeLessThanOrEqual(mostMib);
    if (format === 'Parquet') return;
    expect(newlines).toBe(lines + 1);
    const whole = head.subarray(0, head.lastIndexOf('\n') + 1);
    const rows = (parse(whole, { columns: true }) as Record<string, string>[]).map(focusRowOf);
    expect(rows.flatMap(faultsOfRow)).toEqual([]);
  },
  600_000,
);
