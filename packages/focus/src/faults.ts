import { knownCurrency } from '@arcadia/contracts';
import { serviceCategories } from './categories.ts';
import {
  chargeCategories,
  chargeFrequencies,
  commonColumns,
  type FocusColumn,
  type FocusRow,
  regionColumns,
  unitPriceColumns,
} from './columns.ts';
import { faultsOfUnitPrices } from './unit-price-faults.ts';

const nullable: ReadonlySet<keyof FocusRow> = new Set([
  'AllocatedMethodId',
  'AllocatedResourceId',
  'AllocatedResourceName',
  'AllocatedTags',
  'BillingAccountName',
  'ChargeClass',
  'ChargeDescription',
  'ConsumedQuantity',
  'ConsumedUnit',
  'InvoiceDetailId',
  'InvoiceId',
  'PricingQuantity',
  'PricingUnit',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'SubAccountId',
  'SubAccountName',
  'Tags',
]);
const decimals = [
  'BilledCost',
  'ContractedCost',
  'EffectiveCost',
  'ListCost',
  'ConsumedQuantity',
  'PricingQuantity',
] as const;
const instants = ['BillingPeriodStart', 'BillingPeriodEnd', 'ChargePeriodStart', 'ChargePeriodEnd'] as const;
const allowed: Partial<Record<keyof FocusRow, readonly string[]>> = {
  ChargeCategory: chargeCategories,
  ChargeFrequency: chargeFrequencies,
  ChargeClass: ['Correction'],
  ServiceCategory: serviceCategories,
};

/** Pairs of a value and what qualifies it: the second may only be there with the first. */
const dependent = [
  ['ConsumedQuantity', 'ConsumedUnit'],
  ['ConsumedUnit', 'ConsumedQuantity'],
  ['PricingQuantity', 'PricingUnit'],
  ['PricingUnit', 'PricingQuantity'],
  ['ResourceId', 'ResourceName'],
  ['ResourceId', 'ResourceType'],
  ['SubAccountId', 'SubAccountName'],
  ['InvoiceId', 'InvoiceDetailId'],
  ['AllocatedMethodId', 'AllocatedResourceId'],
  ['AllocatedResourceId', 'AllocatedResourceName'],
  ['AllocatedMethodId', 'AllocatedTags'],
  ['RegionId', 'RegionName'],
] as const satisfies readonly (readonly [keyof FocusRow, keyof FocusRow])[];

/** Pairs of a value and what must be there with it (FOCUS 1.4, nullability of the second). */
const together = [
  ['ResourceId', 'ResourceType'],
  ['SubAccountId', 'SubAccountName'],
  ['InvoiceId', 'InvoiceDetailId'],
  ['AllocatedResourceId', 'AllocatedResourceName'],
  ['RegionId', 'RegionName'],
] as const satisfies readonly (readonly [keyof FocusRow, keyof FocusRow])[];

/** Columns that a dataset has together or not at all, by what they are. */
const groups: readonly (readonly [name: string, columns: readonly FocusColumn[]])[] = [
  ['unit prices', unitPriceColumns],
  ['regions', regionColumns],
];

/** The columns that FOCUS 1.4 wants of every dataset, and those whose condition holds for ours. */
const mandatory: ReadonlySet<string> = new Set<keyof FocusRow>([
  ...(['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency'] as const),
  ...(['BillingPeriodEnd', 'BillingPeriodStart', 'ChargeCategory', 'ChargeClass', 'ChargeDescription'] as const),
  ...(['ChargePeriodEnd', 'ChargePeriodStart', 'ContractedCost', 'EffectiveCost', 'HostProviderName'] as const),
  ...(['InvoiceIssuerName', 'ListCost', 'PricingQuantity', 'PricingUnit', 'ServiceCategory'] as const),
  ...(['ServiceName', 'ServiceProviderName'] as const),
  // Costs are split among payers.
  ...(['AllocatedMethodId', 'AllocatedResourceId', 'AllocatedResourceName', 'AllocatedTags'] as const),
  // Usage is measured, invoices are payable, resources are provisioned, sub accounts and tags exist.
  ...(['ConsumedQuantity', 'ConsumedUnit', 'InvoiceDetailId', 'InvoiceId'] as const),
  ...(['ResourceId', 'ResourceName', 'ResourceType', 'SubAccountId', 'SubAccountName', 'Tags'] as const),
]);

/** Which rules of FOCUS 1.4 the columns of a file break (dataset CostAndUsage, attribute FocusColumnHandling), one sentence each. */
export const faultsOfColumns = (columns: readonly string[]): string[] => [
  ...groups.flatMap(([name, group]) =>
    group
      .filter((column) => !columns.includes(column) && group.some((other) => columns.includes(other)))
      .map((column) => `${column} is missing, and other columns of ${name} are there.`),
  ),
  ...[...mandatory].filter((column) => !columns.includes(column)).map((column) => `${column} is missing.`),
  ...columns.filter((column, index) => columns.indexOf(column) < index).map((column) => `${column} is there twice.`),
  ...columns
    .filter((column) => !/^([A-Z][A-Za-z]{0,49}|x_\w+)$/.test(column))
    .map((column) => `${column} is neither in Pascal case nor a custom column.`),
];

/** Whether a value is a set of keys and values, none of which is a list or an object (attribute KeyValueFormat). */
const isKeyValue = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => each === null || ['string', 'number', 'boolean'].includes(typeof each));

/** Names of time within a unit that are written otherwise than FOCUS does, as `hour` or `HOURS` (attribute UnitFormat). */
const hasForeignTime = (unit: string): boolean =>
  unit
    .split(/[-/ ]/)
    .some(
      (part) =>
        /^(year|month|day|hour|minute|second|millisecond|microsecond)s?$/i.test(part) && !/^[A-Z][a-z]+$/.test(part),
    );

/** What stands for nothing although null does (attribute NullHandling). */
const placeholder = /^\s*(n\/a|null|not applicable)?\s*$/i;

/** Which rules of FOCUS 1.4 a row breaks, one sentence each; none for a row that keeps them. */
export const faultsOfRow = (row: FocusRow): string[] => {
  const { ChargeCategory: category } = row;
  const isCorrection = row.ChargeClass === 'Correction';
  const isUsage = category === 'Usage';
  return [
    ...commonColumns
      .filter((column) => row[column] === undefined || (row[column] === null && !nullable.has(column)))
      .map((column) => `${column} is null.`),
    ...commonColumns
      .filter((column) => row[column] !== null && allowed[column]?.includes(String(row[column])) === false)
      .map((column) => `${column} may not be ${JSON.stringify(row[column])}.`),
    ...[...commonColumns, ...regionColumns, ...unitPriceColumns]
      .filter((column) => typeof row[column] === 'string' && placeholder.test(row[column]))
      .map((column) => `${column} is ${JSON.stringify(row[column])}, which is no value.`),
    ...(['Tags', 'AllocatedTags', 'SkuPriceDetails'] as const)
      .filter((column) => (row[column] ?? null) !== null && !isKeyValue(row[column]))
      .map((column) => `${column} has more than keys with plain values.`),
    ...Object.keys(row.AllocatedTags ?? {})
      .filter((key) => Object.hasOwn(row.Tags ?? {}, key))
      .map((key) => `AllocatedTags has ${key}, which Tags has already.`),
    ...(['ConsumedUnit', 'PricingUnit'] as const)
      .filter((column) => row[column] !== null && hasForeignTime(row[column]))
      .map((column) => `${column} writes a unit of time otherwise than FOCUS.`),
    ...(row.EffectiveCost === row.BilledCost
      ? []
      : ['EffectiveCost is not BilledCost, and nothing covers the charge.']),
    ...(row.ResourceName !== null && row.ResourceName === row.ResourceId ? ['ResourceName repeats ResourceId.'] : []),
    ...(isCorrection && row.ChargePeriodStart >= row.BillingPeriodStart
      ? ['A correction is billed in the period that it corrects.']
      : []),
    ...decimals
      .filter((column) => row[column] !== null && !/^-?\d+(\.\d+)?$/.test(row[column]))
      .map((column) => `${column} is no decimal number.`),
    ...instants
      .filter((column) => !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(row[column]))
      .map((column) => `${column} is no instant in UTC.`),
    ...dependent
      .filter(([first, second]) => (row[first] ?? null) === null && (row[second] ?? null) !== null)
      .map(([first, second]) => `${second} is given without ${first}.`),
    ...together
      .filter(([first, second]) => (row[first] ?? null) !== null && (row[second] ?? null) === null)
      .map(([first, second]) => `${second} is null although ${first} is given.`),
    ...(['ContractedCost', 'ListCost'] as const)
      .filter((column) => category === 'Credit' && row[column] !== row.BilledCost)
      .map((column) => `${column} of a credit is not its BilledCost.`),
    ...(row.ChargePeriodStart >= row.ChargePeriodEnd ? ['ChargePeriodEnd is not after ChargePeriodStart.'] : []),
    ...(row.BillingPeriodStart >= row.BillingPeriodEnd ? ['BillingPeriodEnd is not after BillingPeriodStart.'] : []),
    ...(knownCurrency.safeParse(row.BillingCurrency).success ? [] : ['BillingCurrency is no code of ISO 4217.']),
    ...(category === 'Purchase' && row.ChargeFrequency === 'Usage-Based' ? ['A purchase is not usage-based.'] : []),
    ...(category === 'Tax' && row.PricingQuantity !== null ? ['PricingQuantity is given for a tax.'] : []),
    ...((isUsage || category === 'Purchase') && !isCorrection && row.PricingQuantity === null
      ? [`PricingQuantity is null for a charge of category ${category}.`]
      : []),
    ...(isUsage && !isCorrection && row.ConsumedQuantity === null ? ['ConsumedQuantity is null for usage.'] : []),
    ...faultsOfUnitPrices(row),
    ...(!isUsage && row.ConsumedQuantity !== null ? ['ConsumedQuantity is given for what is not usage.'] : []),
  ];
};
