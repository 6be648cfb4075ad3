import { Decimal } from '@arcadia/contracts';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type FocusColumn, type FocusRow, focusCells } from './columns.ts';

/** Columns of amounts and quantities. They are exact decimals with 18 places, which no column of bytes or floating point is for a reader. */
const decimals: ReadonlySet<string> = new Set<FocusColumn>([
  ...(['BilledCost', 'ContractedCost', 'EffectiveCost', 'ListCost'] as const),
  ...(['ConsumedQuantity', 'PricingQuantity', 'ContractedUnitPrice', 'ListUnitPrice'] as const),
]);
const instants: ReadonlySet<string> = new Set<FocusColumn>([
  ...(['BillingPeriodStart', 'BillingPeriodEnd', 'ChargePeriodStart', 'ChargePeriodEnd'] as const),
]);
const places = 18;
const unit = new Decimal(10).pow(places);

/** Rows of a group. Its columns are held in memory until they are written. */
const rowsOfGroup = 10_000;

const elementOf = (name: FocusColumn): SchemaElement => {
  const common = { name, repetition_type: 'OPTIONAL' } as const;
  if (decimals.has(name))
    return {
      ...common,
      type: 'FIXED_LEN_BYTE_ARRAY',
      type_length: 16,
      converted_type: 'DECIMAL',
      scale: places,
      precision: 38,
    };
  if (instants.has(name)) return { ...common, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' };
  return { ...common, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
};
const schemaOf = (columns: readonly FocusColumn[]): SchemaElement[] => [
  { name: 'root', num_children: columns.length },
  ...columns.map(elementOf),
];

/** A cell as Parquet stores it: a decimal as its whole number of units, an instant as milliseconds, a text as it is. */
const storedCell = (name: FocusColumn, text: string | null): string | bigint | null => {
  if (text === null) return null;
  if (decimals.has(name)) return unitsOf(text);
  // An instant in UTC has one form, which is parsed alike everywhere (ECMAScript, "Date Time String Format").
  return instants.has(name) ? BigInt(Date.parse(text)) : text;
};

/** A decimal as its whole number of units. Most have no more places than the column, and only have their point moved. */
function unitsOf(text: string): bigint {
  const [, sign = '', whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,18}))?$/.exec(text) ?? [];
  if (whole === undefined) return BigInt(new Decimal(text).toDecimalPlaces(places).times(unit).toFixed(0));
  return BigInt(`${sign}${whole}${fraction.padEnd(places, '0')}`);
}

/**
 * A FOCUS dataset as a Parquet file, in chunks: tags are JSON, and a quantity with more than 18 decimals is rounded to them. At most one
 * group of rows is in memory.
 */
export async function* focusParquet(
  batches: AsyncIterable<readonly FocusRow[]>,
  columns: readonly FocusColumn[],
): AsyncGenerator<Uint8Array, void> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: 'Arcadia Cloud' });
  let waiting: FocusRow[] = [];
  for await (const batch of batches) {
    waiting.push(...batch);
    if (waiting.length < rowsOfGroup) continue;
    await writeGroup(writer, waiting, columns);
    waiting = [];
    yield taken(bytes);
  }
  if (waiting.length > 0) await writeGroup(writer, waiting, columns);
  await writer.finish();
  yield taken(bytes);
}

async function writeGroup(
  writer: ParquetWriter,
  rows: readonly FocusRow[],
  columns: readonly FocusColumn[],
): Promise<void> {
  const cells = rows.map((row) => focusCells(row, columns));
  const columnData = columns.map((name, index) => ({
    name,
    data: cells.map((row) => storedCell(name, row[index] ?? null)),
    offsetIndex: false,
  }));
  await writer.write({ columnData, rowGroupSize: rows.length });
}

/** What was written since the last time. The offsets of the file go on. */
function taken(bytes: ByteWriter): Uint8Array {
  const chunk = bytes.getBytes().slice();
  bytes.index = 0;
  return chunk;
}
