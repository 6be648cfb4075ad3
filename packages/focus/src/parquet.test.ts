import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { type FocusRow, focusColumns } from './columns.ts';
import { focusParquet } from './parquet.ts';

const row: FocusRow = {
  ...{ AllocatedMethodId: null, AllocatedResourceId: null, AllocatedResourceName: null, AllocatedTags: null },
  ...{ BilledCost: '-12.34', BillingAccountId: 'acme', BillingAccountName: 'Müller & Söhne', BillingCurrency: 'AUD' },
  ...{ BillingPeriodStart: '2026-04-01T00:00:00Z', BillingPeriodEnd: '2026-05-01T00:00:00Z' },
  ...{ ChargeCategory: 'Usage', ChargeClass: null, ChargeDescription: '=SUM(A1)', ChargeFrequency: 'Usage-Based' },
  ...{ ChargePeriodStart: '2026-04-01T00:00:00Z', ChargePeriodEnd: '2026-04-01T01:02:03Z' },
  ...{
    ConsumedQuantity: '90071992547409.931',
    ConsumedUnit: 'hour',
    ContractedCost: '-12.34',
    EffectiveCost: '-12.34',
  },
  ...{ HostProviderName: 'DigitalOcean', InvoiceDetailId: null, InvoiceId: 'INV-1', InvoiceIssuerName: 'Arcadia' },
  ...{
    ListCost: '0.000000000000000001',
    PricingQuantity: null,
    PricingUnit: null,
    ResourceId: null,
    ResourceName: null,
  },
  ...{ ResourceType: null, ServiceCategory: 'Compute', ServiceName: 'Droplet', ServiceProviderName: 'Arcadia' },
  ...{ SubAccountId: null, SubAccountName: null, Tags: { team: 'shop' } },
};

async function* batchesOf(count: number, size: number): AsyncGenerator<FocusRow[]> {
  for (let at = 0; at < count; at += size)
    yield Array.from({ length: Math.min(size, count - at) }, (_, index) => ({
      ...row,
      InvoiceDetailId: String(at + index),
    }));
}
const fileOf = async (count: number, size: number): Promise<{ file: ArrayBuffer; chunks: number }> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of focusParquet(batchesOf(count, size), focusColumns)) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  return {
    file: all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength) as ArrayBuffer,
    chunks: chunks.length,
  };
};

test('a Parquet file has every row in its order, in groups, with texts, instants and nulls as they are', async () => {
  const { file, chunks } = await fileOf(25_001, 1_000);
  expect(chunks).toBe(3);
  const rows = await parquetReadObjects({ file });
  expect(rows).toHaveLength(25_001);
  expect(rows.map(({ InvoiceDetailId }) => InvoiceDetailId)).toEqual(
    Array.from({ length: 25_001 }, (_, index) => String(index)),
  );
  expect(rows[7]).toMatchObject({
    ...{
      BillingAccountName: 'Müller & Söhne',
      ChargeDescription: '=SUM(A1)',
      ChargeClass: null,
      Tags: '{"team":"shop"}',
    },
    ChargePeriodEnd: new Date('2026-04-01T01:02:03Z'),
  });
});

test('a dataset without rows is a whole file', async () => {
  expect(await parquetReadObjects({ file: (await fileOf(0, 1)).file })).toEqual([]);
});

test('amounts and quantities are exact decimals: their 16 bytes are the whole number of units', async () => {
  const { file } = await fileOf(1, 1);
  const raw = Buffer.from(file);
  const bytesOf = (units: bigint): Buffer => {
    const bytes = Buffer.alloc(16);
    const unsigned = BigInt.asUintN(128, units);
    bytes.writeBigUInt64BE(unsigned >> 64n, 0);
    bytes.writeBigUInt64BE(unsigned & 0xffffffffffffffffn, 8);
    return bytes;
  };
  for (const units of [-12_340000000000000000n, 90071992547409_931000000000000000n, 1n])
    expect(raw.includes(bytesOf(units))).toBe(true);
});
