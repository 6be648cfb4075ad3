import { Decimal } from '@arcadia/contracts';
import { type FocusRow, unitPriceColumns } from './columns.ts';

/** The properties of a price that FOCUS 1.4 defines; any other begins with `x_` (column SkuPriceDetails). */
const definedDetails: ReadonlySet<string> = new Set([
  ...(['CoreCount', 'DiskMaxIops', 'DiskSpace', 'DiskType', 'GpuCount', 'InstanceSeries', 'InstanceType'] as const),
  ...([
    'MemorySize',
    'NetworkMaxIops',
    'NetworkMaxThroughput',
    'OperatingSystem',
    'Redundancy',
    'StorageClass',
  ] as const),
]);

/** Pairs of a cost and the unit price of which it is the product with the quantity. */
const products = [
  ['ListCost', 'ListUnitPrice'],
  ['ContractedCost', 'ContractedUnitPrice'],
] as const;

/** Columns that are null with the first, and there with it where it is `always`. */
const companions = [
  ['SkuId', 'SkuMeter', 'always'],
  ['SkuId', 'SkuPriceId', 'may lack'],
  ['SkuPriceId', 'SkuId', 'always'],
  ['SkuPriceId', 'ListUnitPrice', 'always'],
  ['SkuPriceId', 'ContractedUnitPrice', 'always'],
  ['SkuPriceId', 'SkuPriceDetails', 'may lack'],
  ['SkuPriceId', 'PricingQuantity', 'may lack'],
] as const;

const isDecimal = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);

/** Which rules about SKUs and unit prices a row breaks, one sentence each. A row without these columns keeps them. */
export function faultsOfUnitPrices(row: FocusRow): string[] {
  if (unitPriceColumns.every((column) => row[column] === undefined)) return [];
  const { ChargeCategory: category, ChargeClass, PricingQuantity: quantity } = row;
  const isPriced = (category === 'Usage' || category === 'Purchase') && ChargeClass !== 'Correction';
  const isThere = (column: keyof FocusRow): boolean => (row[column] ?? null) !== null;
  return [
    ...(['SkuId', 'SkuPriceId', 'ListUnitPrice', 'ContractedUnitPrice'] as const).flatMap((column) => [
      ...(isPriced && !isThere(column) ? [`${column} is null for a charge of category ${category}.`] : []),
      ...(category === 'Tax' && isThere(column) ? [`${column} is given for a tax.`] : []),
    ]),
    ...companions
      .filter(([first, second]) => !isThere(first) && isThere(second))
      .map(([first, second]) => `${second} is given without ${first}.`),
    ...companions
      .filter(([first, second, how]) => how === 'always' && isThere(first) && !isThere(second))
      .map(([first, second]) => `${second} is null although ${first} is given.`),
    ...products.flatMap(([cost, price]) => {
      const unitPrice = row[price] ?? null;
      if (unitPrice === null) return [];
      if (!isDecimal(unitPrice)) return [`${price} is no decimal number.`];
      if (unitPrice.startsWith('-')) return [`${price} is negative.`];
      const isProduct =
        quantity === null ||
        !isDecimal(quantity) ||
        !isDecimal(row[cost]) ||
        new Decimal(unitPrice).times(quantity).eq(row[cost]);
      return isProduct ? [] : [`${cost} is not the product of ${price} and PricingQuantity.`];
    }),
    ...Object.keys(row.SkuPriceDetails ?? {})
      .filter((key) => !definedDetails.has(key) && !/^x_[A-Z]\w*$/.test(key))
      .map((key) => `SkuPriceDetails has ${key}, which neither FOCUS defines nor begins with x_.`),
  ];
}

/** Pairs of an id and what is the same in all rows with it. */
const steady = [
  ['SkuId', 'SkuMeter'],
  ['SkuPriceId', 'SkuId'],
  ['SkuPriceId', 'SkuPriceDetails'],
  ['BillingAccountId', 'BillingAccountName'],
  ['InvoiceId', 'BillingCurrency'],
] as const satisfies readonly (readonly [keyof FocusRow, keyof FocusRow])[];

/** Which rules the rows of a dataset break together, one sentence each. */
export const faultsOfRows = (rows: readonly FocusRow[]): string[] =>
  steady.flatMap(([id, column]) =>
    [...Map.groupBy(rows, (row) => row[id] ?? null)].flatMap(([value, own]) =>
      value !== null && new Set(own.map((row) => JSON.stringify(row[column] ?? null))).size > 1
        ? [`${column} differs between rows with the ${id} ${String(value)}.`]
        : [],
    ),
  );
