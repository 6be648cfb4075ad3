import { invoicing as contracts, isRefusal, serviceActor } from '@arcadia/contracts';
import { sendRequest } from '@arcadia/platform';
import type pg from 'pg';
import { openBareEcho, requestBare } from './bare/echo.ts';

type Bus = Parameters<typeof sendRequest>[0];

const actor = serviceActor('bench');
const perSecond = 50;
const seconds = 6;
const largeDeployments = Number(process.env['BENCH_LARGE'] ?? 10_000);

/**
 * Previews of many ordinary tenants, and pages of the preview of one large tenant, at a steady rate; beside them a bare echo at the
 * same rate. The first preview of the large tenant rates all of its deployments.
 */
export async function measurePreviews(
  { bus, admin, natsUrl }: { bus: Bus; admin: pg.Client; natsUrl: string },
  { tenants }: { tenants: number },
): Promise<Record<string, number>> {
  await writeLargeTenant(admin);
  const read = async (tenant: string): Promise<void> => {
    const month = { tenant_id: tenant, period: '2026-04' };
    const answer = await sendRequest(bus, contracts.previewInvoice, month, { actor, deadlineMs: 60_000 });
    if (isRefusal(answer)) throw new Error(answer.detail);
  };
  const small = await atSteadyRate((index) => read(`tenant-${(index % tenants) + 1}`));
  const begun = performance.now();
  await read('large');
  const first = performance.now() - begun;
  const large = await atSteadyRate(() => read('large'));
  const page = { tenant_id: 'large', period: '2026-04', limit: 200 };
  const pages = await atSteadyRate(async () => {
    const answer = await sendRequest(bus, contracts.listPreviewLines, page, { actor, deadlineMs: 60_000 });
    if (isRefusal(answer)) throw new Error(answer.detail);
  });
  const echo = await openBareEcho(natsUrl);
  const bare = await atSteadyRate((index) => requestBare(echo.nc, index).then(() => undefined));
  await echo.close();
  return {
    preview_p50_ms: small.p50,
    preview_p99_ms: small.p99,
    large_deployments: largeDeployments,
    large_first_preview_ms: first,
    large_preview_p50_ms: large.p50,
    large_preview_p99_ms: large.p99,
    large_page_p99_ms: pages.p99,
    bare_echo_p99_ms: bare.p99,
  };
}

/** Sends each request at its time, whether or not the one before has been answered. */
async function atSteadyRate(send: (index: number) => Promise<void>): Promise<{ p50: number; p99: number }> {
  const waits: Promise<number>[] = [];
  const started = performance.now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const at = started + (index * 1000) / perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
    const begun = performance.now();
    waits.push(send(index).then(() => performance.now() - begun));
  }
  const sorted = (await Promise.all(waits)).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** One tenant with many deployments, each with a subscription and the usage of ten days. */
async function writeLargeTenant(admin: pg.Client): Promise<void> {
  await admin.query(
    `INSERT INTO invoicing.deployments SELECT md5('large ' || d)::uuid, 'large', 'd' || d, 'd' || d, 'active', 1 FROM generate_series(1, $1::int) d`,
    [largeDeployments],
  );
  await admin.query(`INSERT INTO invoicing.subscriptions (subscription_id, deployment_id, tenant_id, revision, currency, starts_at, created_at)
    SELECT deployment_id, deployment_id, tenant_id, 1, 'AUD', '2026-01-01Z', '2026-01-01Z' FROM invoicing.deployments WHERE tenant_id = 'large'`);
  await admin.query(`INSERT INTO invoicing.subscription_plans
    SELECT deployment_id, '2026-01-01Z', 'bench', 1 FROM invoicing.deployments WHERE tenant_id = 'large'`);
  await admin.query(`INSERT INTO invoicing.usage_facts (period, tenant_id, deployment_id, day, granularity, period_start, period_end, revision, close_revision,
      hash, kinds, divisors, unit_seconds, lines, event_id, stream, seq)
    SELECT f.period, 'large', d.deployment_id, f.day, f.granularity, f.period_start, f.period_end, 1, 1, f.hash, f.kinds, f.divisors, f.unit_seconds,
      f.lines, md5(d.deployment_id::text || f.day)::uuid, f.stream, f.seq
    FROM invoicing.deployments d CROSS JOIN (
      SELECT * FROM invoicing.usage_facts WHERE day < '2026-04-11' AND deployment_id = (SELECT deployment_id FROM invoicing.deployments WHERE tenant_id = 'tenant-1' LIMIT 1)
    ) AS f WHERE d.tenant_id = 'large'`);
  await admin.query('VACUUM ANALYZE invoicing.usage_facts, invoicing.subscriptions, invoicing.subscription_plans');
}
