import { readFile } from 'node:fs/promises';
import { billingIngest, Decimal, metering } from '@arcadia/contracts';
import { faultsOfColumns, faultsOfRow, focusRowOf } from '@arcadia/focus';
import { sendRequest } from '@arcadia/platform';
import { type askService, publishEvent } from '@arcadia/testkit';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accrued, observed, openStage, operatorActor, ownedBy, pilotInventory, type Stage } from './stage.ts';

const actor = operatorActor;
const pilot = await readFile(new URL('../../../worlds/pilot.json', import.meta.url), 'utf8');
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ world: pilot });
  await stage.observe(...pilotInventory(stage.world));
  await stage.billing.runJob('snapshot-balance', '2026-05-01T03:07:00Z');
  await stage.billing.runJob('snapshot-balance', '2026-05-01T04:07:00Z');
  await stage.billing.runJob('discover-invoices', '2026-05-01T02:23:00Z');
  await stage.billing.runJob('refresh-preview', '2026-05-01T04:41:00Z');
  await stage.billing.settled();
}, 60_000);
afterAll(() => stage[Symbol.asyncDispose]());

const request: typeof askService = (_, contract, input, options) =>
  sendRequest(stage.billing.bus, contract, input, options);
const get = async <Contract extends Parameters<typeof askService>[1]>(
  contract: Contract,
  input: Parameters<typeof askService<Contract>>[2],
) => {
  const answer = await request(stage.nats, contract, input, { actor });
  if (typeof answer === 'object' && answer !== null && 'refused' in answer)
    throw new Error(`${String(answer.refused)}: ${String(answer.detail)}`);
  return answer as Exclude<typeof answer, { refused: unknown }>;
};

test('billing-ingest: the balance answer has the newest snapshot and those before it', async () => {
  expect(await get(billingIngest.getBalance, { history: 5 })).toMatchObject({
    month_to_date_balance: '31.2',
    account_balance: '0',
    taken_at: '2026-05-01T04:07:00Z',
    history: [{ taken_at: '2026-05-01T03:07:00Z' }],
  });
});

test('billing-ingest: the pages of cost lines contain each line once, filtered by month or a date in it, kind and match', async () => {
  const seen: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { items: { line_no: number }[]; next_cursor: string | null } = await get(billingIngest.listCostLines, {
      period: '2026-03-17',
      limit: 10,
      ...(cursor === undefined ? {} : { cursor }),
    });
    seen.push(...page.items.map(({ line_no }) => line_no));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(Array.from({ length: 33 }, (_, index) => index + 1));
  const count = async (filter: Parameters<typeof get<typeof billingIngest.listCostLines>>[1]) =>
    (await get(billingIngest.listCostLines, { limit: 200, ...filter })).items.length;
  expect(await count({ kind: 'droplet' })).toBe(14);
  expect(await count({ is_matched: 'true' })).toBe(17);
  expect(await count({ reason: 'unknown' })).toBe(3);
  expect(await count({ period: '2026-02' })).toBe(0);
  expect(await request(stage.nats, billingIngest.listCostLines, { cursor: 'nonsense' }, { actor })).toMatchObject({
    refused: 'invalid-cursor',
  });
});

test('billing-ingest: the match rate counts lines and amounts without tax', async () => {
  const rate = await get(billingIngest.getMatchRate, { period: '2026-03' });
  expect(rate.total).toMatchObject({ lines: 32, matched: 17, amount_cents: 7902, rate_by_count: '0.53125' });
  expect(rate.unmatched.map(({ reason, lines }) => [reason, lines])).toEqual([
    ['account_level', 1],
    ['destroyed_before_first_sync', 11],
    ['tax', 1],
    ['unknown', 3],
  ]);
});

test('billing-ingest: the CSV is returned byte for byte, and the shares of exported lines add up', async () => {
  const [invoice] = (await get(billingIngest.listProviderInvoices, {})).items;
  const invoice_uuid = invoice?.invoice_uuid ?? '';
  const text = async (
    contract:
      | typeof billingIngest.getInvoiceCsv
      | typeof billingIngest.exportCostLines
      | typeof billingIngest.exportFocusCosts,
    input: object,
  ) => {
    const file = await stage.billing.context.requestStream(contract, input as never, { actor });
    if ('refused' in file) throw new Error(file.detail);
    const chunks: Uint8Array[] = [];
    for await (const chunk of file.chunks) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const original = await (
    await fetch(`${stage.simulator.url}/v2/customers/my/invoices/${invoice_uuid}/csv`, {
      headers: { authorization: 'Bearer any' },
    })
  ).text();
  expect(await text(billingIngest.getInvoiceCsv, { invoice_uuid })).toBe(original);
  // It is stored compressed; earlier versions stored it as received.
  const { rows: chunks } = await sql<{ evidence_id: string; stored: number }>`
    SELECT evidence_id, octet_length(content) AS stored FROM cloud_invoice_evidence_chunks
    JOIN cloud_invoice_evidence USING (evidence_id) WHERE invoice_uuid = ${invoice_uuid}`.execute(
    stage.billing.context.db,
  );
  expect(chunks).toHaveLength(1);
  expect(chunks[0]?.stored).toBeLessThan(original.length / 2);
  await sql`UPDATE cloud_invoice_evidence_chunks SET content = ${Buffer.from(original)}, coding = NULL
    WHERE evidence_id = ${chunks[0]?.evidence_id}`.execute(stage.billing.context.db);
  expect(await text(billingIngest.getInvoiceCsv, { invoice_uuid })).toBe(original);
  const rows = (await text(billingIngest.exportCostLines, { period: '2026-03' })).trim().split('\r\n').slice(1);
  const cents = rows.map((row) => Math.round(Number(row.split(',').at(-2)) * 100)).reduce((sum, each) => sum + each, 0);
  expect(cents).toBe(8692);
  const focus = parse(await text(billingIngest.exportFocusCosts, { period: '2026-03' }), { columns: true });
  const records = focus as Record<string, string>[];
  expect(faultsOfColumns(Object.keys(records[0] ?? {}))).toEqual([]);
  const costs = records.map(focusRowOf);
  for (const shares of Map.groupBy(
    costs,
    ({ InvoiceId, InvoiceDetailId }) => `${InvoiceId} ${InvoiceDetailId}`,
  ).values())
    expect(new Set(shares.map(({ Tags }) => JSON.stringify(Tags))).size).toBe(1);
  expect(costs.flatMap(faultsOfRow)).toEqual([]);
  expect(costs.reduce((sum, { BilledCost }) => sum.plus(BilledCost), new Decimal(0)).toFixed()).toBe('86.92');
  expect(costs.filter(({ ChargeCategory }) => ChargeCategory === 'Tax').map(({ BilledCost }) => BilledCost)).toContain(
    '7.90',
  );
  // The region is that of the resource; a line without one, as a tax, is charged in none that is known.
  const matched = new Set<string>(
    (await get(billingIngest.listCostLines, { period: '2026-03', is_matched: 'true', limit: 200 })).items.map(
      ({ line_no }) => String(line_no),
    ),
  );
  expect(matched.size).toBe(17);
  for (const { InvoiceDetailId, RegionId, RegionName } of costs) {
    const region = matched.has(InvoiceDetailId ?? '') ? ['syd1', 'Sydney 1'] : [null, null];
    expect([RegionId, RegionName]).toEqual(region);
  }
  expect(new Set(costs.map(({ BillingPeriodStart }) => BillingPeriodStart))).toEqual(new Set(['2026-03-01T00:00:00Z']));
});

test('billing-ingest: every request of a tenant is refused', async () => {
  const tenant = { subject: 'someone', tenant_id: 'acme', roles: ['tenant' as const] };
  for (const contract of [
    billingIngest.listCostLines,
    billingIngest.listProviderInvoices,
    billingIngest.getMatchRate,
  ]) {
    expect(await request(stage.nats, contract, {}, { actor: tenant })).toHaveProperty('refused');
  }
});

test('billing-ingest: reconciliation lists usage invoiced but not metered, the reverse, different hours and unowned resources', async () => {
  const line = (resource_id: string, hours: number, kind = 'droplet_hours') => ({
    resource_id,
    kind,
    unit_seconds: String(hours * 3600),
    divisor: '3600',
    observations: [1],
  });
  const owner = ownedBy('acme', '6f1c7a52-0a52-4b1e-9a57-1d2f6a0c9e01');
  const since = { effective_at: '2026-02-10T00:00:00Z', created_at: '2026-02-10T00:00:00Z', revision: 2, owner };
  const droplets = ['412300101', '412300102', '412300103'].map((id, index) =>
    observed({
      kind: 'droplet',
      provider_id: id,
      name: ['acme-web-1', 'acme-web-2', 'acme-db-1'][index] ?? '',
      ...since,
    }),
  );
  const unbilled = observed({
    kind: 'droplet',
    provider_id: '999',
    name: 'ghost',
    ...since,
    attrs: { size_slug: 's-1vcpu-1gb' },
  });
  await stage.observe(...droplets, unbilled);
  const [web1, web2, , ghost] = [...droplets, unbilled].map(({ resource_id }) => resource_id);
  await publishEvent(
    stage.nats,
    metering.usageAccrued,
    accrued({
      period: '2026-03',
      period_start: '2026-03-01T00:00:00Z',
      period_end: '2026-03-02T00:00:00Z',
      lines: [line(web1 ?? '', 744), line(web2 ?? '', 700), line(ghost ?? '', 10)],
    }),
  );
  await stage.billing.settled();
  const { items, summary } = await get(billingIngest.getReconciliation, { period: '2026-03', limit: 200 });
  const of = (finding: string) => items.filter((item) => item.finding === finding);
  expect(
    of('hours_differ').map(({ resource_id, amount_cents, billed_hours, metered_hours }) => [
      resource_id,
      amount_cents,
      billed_hours,
      metered_hours,
    ]),
  ).toEqual([[web2, 71, '744', '700']]);
  expect(of('metered_not_billed').map(({ resource_id, metered_hours }) => [resource_id, metered_hours])).toEqual([
    [ghost, '10'],
  ]);
  const unmetered = of('billed_not_metered');
  expect(unmetered.filter(({ resource_id }) => resource_id !== null).map(({ amount_cents }) => amount_cents)).toEqual([
    600,
  ]);
  expect(unmetered.filter(({ resource_id }) => resource_id === null)).toHaveLength(14);
  expect(summary.find(({ finding }) => finding === 'hours_differ')).toEqual({
    finding: 'hours_differ',
    count: 1,
    amount_cents: 71,
  });
  expect(of('unattributed').length).toBeGreaterThan(0);
  expect(await get(billingIngest.getReconciliation, { period: '2026-04' })).toMatchObject({
    has_invoice: false,
    items: [],
  });
});
