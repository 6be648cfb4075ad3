import { Decimal, invoicing, isRefusal } from '@arcadia/contracts';
import { type FocusRow, faultsOfColumns, faultsOfRow, faultsOfRows, focusRowOf } from '@arcadia/focus';
import { sendStreamRequest } from '@arcadia/platform';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeOf, deploymentId, fact, granted, openStage, operator, tenantActor } from './stage.ts';

let at: Awaited<ReturnType<typeof openStage>>;

beforeAll(async () => {
  at = await openStage('2026-05-01T03:00:00Z', { INVOICE_SUPPLIER_NAME: 'Arcadia Hosting Pty Ltd' });
  const facts = ['acme', 'globex', 'initech'].map((tenant) =>
    fact(`${tenant}-shop`, tenant, '2026-04-05', [{ kind: 'bandwidth_gb', qty: '2500' }]),
  );
  for (const tenant of ['acme', 'globex', 'initech']) {
    await at.deploy(`${tenant}-shop`, tenant);
    await at.subscribe(`${tenant}-shop`, 'studio');
  }
  await at.receive(...facts);
  const own = { tenant_id: 'initech', plan_code: 'studio', from: '2026-04-01', reason: 'agreed' };
  granted(await at.ask(invoicing.addPriceOverride, { ...own, base_price_cents: 4000 }));
  const lower = { kind: 'bandwidth_gb', overage_price_cents: '30', overage_unit: '100' };
  granted(await at.ask(invoicing.addPriceOverride, { ...own, ...lower }));
  const manual = { tenant_id: 'acme', description: '=SUM(A1)', unit_price_cents: '-150', period: '2026-04' };
  granted(await at.ask(invoicing.addManualLine, manual));
  await at.close(closeOf('2026-04', facts));
});
afterAll(() => at[Symbol.asyncDispose]());

const download = async (
  contract: typeof invoicing.exportFocusCharges,
  input: object,
  actor = operator,
): Promise<Buffer> => {
  const answer = await sendStreamRequest(at.running.bus, contract, input, { actor, deadlineMs: 60_000 });
  if (isRefusal(answer)) throw new Error(answer.refused);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
};
const charges = async (input: object, actor = operator): Promise<FocusRow[]> => {
  const file = await download(invoicing.exportFocusCharges, input, actor);
  const records = parse(file, { columns: true }) as Record<string, string>[];
  expect(faultsOfColumns(Object.keys(records[0] ?? {}))).toEqual([]);
  return records.map(focusRowOf);
};
const sum = (rows: readonly FocusRow[]): string =>
  rows.reduce((total, { BilledCost }) => total.plus(BilledCost), new Decimal(0)).toFixed(2);

test('the charges of an invoice are rows that keep the rules of FOCUS, and add up to its total', async () => {
  const rows = await charges({ period: '2026-04', tenant_id: 'acme' });
  expect([...rows.flatMap(faultsOfRow), ...faultsOfRows(rows)]).toEqual([]);
  const invoice = await at.invoice('acme');
  expect(sum(rows)).toBe((invoice.total_cents / 100).toFixed(2));
  expect(new Set(rows.map(({ InvoiceId }) => InvoiceId))).toEqual(new Set([invoice.number]));
  expect(rows.map(({ ChargeCategory, SubAccountId }) => [ChargeCategory, SubAccountId])).toEqual([
    ['Purchase', deploymentId('acme-shop')],
    ['Usage', deploymentId('acme-shop')],
    ['Adjustment', null],
    ['Tax', null],
  ]);
});

test('a charge names what was sold, its place in the price list, the list price and the price of the tenant’s own', async () => {
  const pricesOf = async (tenant_id: string) =>
    (await charges({ period: '2026-04', tenant_id })).map((row) => [
      ...[row.ChargeCategory, row.SkuId, row.SkuMeter, row.SkuPriceId],
      ...[
        row.ListUnitPrice,
        row.ContractedUnitPrice,
        row.PricingQuantity,
        row.ListCost,
        row.ContractedCost,
        row.BilledCost,
      ],
    ]);
  const [usage, place] = ['usage/bandwidth_gb', 'plan/studio/usage/bandwidth_gb'];
  expect(await pricesOf('acme')).toEqual([
    ['Purchase', 'plan/studio', 'Plan', 'plan/studio', '50', '50', '1', '50', '50', '50.00'],
    ['Usage', usage, 'Bandwidth gb', place, '0.02', '0.02', '500', '10', '10', '10.00'],
    ['Adjustment', null, null, null, null, null, null, '-1.50', '-1.50', '-1.50'],
    ['Tax', null, null, null, null, null, null, '5.85', '5.85', '5.85'],
  ]);
  const own = await charges({ period: '2026-04', tenant_id: 'initech' });
  expect([...own.flatMap(faultsOfRow), ...faultsOfRows(await charges({}))]).toEqual([]);
  expect((await pricesOf('initech')).slice(0, 2)).toEqual([
    ['Purchase', 'plan/studio', 'Plan', 'plan/studio', '50', '40', '1', '50', '40', '40.00'],
    ['Usage', usage, 'Bandwidth gb', place, '0.02', '0.003', '500', '10', '1.5', '1.50'],
  ]);
});

test('a credit note is rows that correct its month, in the month in which it was issued, and add up to its total', async () => {
  const { invoice_id, lines } = await at.invoice('globex');
  const [line] = lines;
  const credit = { invoice_id, reason: 'not reachable', lines: [{ line_id: line?.line_id ?? '', amount_cents: 1000 }] };
  const note = granted(await at.ask(invoicing.creditInvoice, credit));
  const rows = (await charges({ tenant_id: 'globex' })).filter(({ InvoiceId }) => InvoiceId === note.number);
  expect(rows.flatMap(faultsOfRow)).toEqual([]);
  expect(sum(rows)).toBe((-note.total_cents / 100).toFixed(2));
  expect(
    rows.map((row) => [row.ChargeCategory, row.ChargeClass, row.BillingPeriodStart, row.ChargePeriodStart]),
  ).toEqual([
    ['Adjustment', 'Correction', '2026-05-01T00:00:00Z', '2026-04-01T00:00:00Z'],
    ['Tax', 'Correction', '2026-05-01T00:00:00Z', '2026-04-01T00:00:00Z'],
  ]);
});

test('a tenant gets its own charges alone, whatever tenant it names', async () => {
  const rows = await charges({ tenant_id: 'globex' }, tenantActor('acme'));
  expect(new Set(rows.map(({ BillingAccountId }) => BillingAccountId))).toEqual(new Set(['acme']));
  expect(new Set((await charges({})).map(({ BillingAccountId }) => BillingAccountId))).toEqual(
    new Set(['acme', 'globex', 'initech']),
  );
});

test('the same rows are exported as Parquet; a tenant gets its own', async () => {
  const rows = await charges({ period: '2026-04', tenant_id: 'acme' });
  const file = await download(invoicing.exportFocusChargesParquet, { period: '2026-04' }, tenantActor('acme'));
  const read = await parquetReadObjects({ file: new Uint8Array(file).buffer });
  const shown = ({ InvoiceDetailId, ChargeDescription, SubAccountId }: Readonly<Record<string, unknown>>) => [
    ...[InvoiceDetailId, ChargeDescription, SubAccountId],
  ];
  // A cell of the CSV that a spreadsheet would calculate begins with an apostrophe; Parquet needs none.
  const plain = rows.map((row) => ({ ...row, ChargeDescription: row.ChargeDescription?.replace(/^'/, '') ?? null }));
  expect(read.map(shown)).toEqual(plain.map(shown));
  expect(read.map(({ BilledCost }) => Number(BilledCost).toFixed(2))).toEqual(rows.map(({ BilledCost }) => BilledCost));
});
