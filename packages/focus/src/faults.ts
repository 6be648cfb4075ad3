import { serviceCategories } from './categories.ts';
import { chargeCategories, chargeFrequencies, type FocusRow, focusColumns } from './columns.ts';

const nullable: ReadonlySet<keyof FocusRow> = new Set([
  'AllocatedMethodId',
  'AllocatedResourceId',
  'AllocatedResourceName',
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
] as const satisfies readonly (readonly [keyof FocusRow, keyof FocusRow])[];

/** Pairs of a value and what must be there with it (FOCUS 1.4, nullability of the second). */
const together = [
  ['ResourceId', 'ResourceType'],
  ['SubAccountId', 'SubAccountName'],
  ['InvoiceId', 'InvoiceDetailId'],
  ['AllocatedResourceId', 'AllocatedResourceName'],
] as const satisfies readonly (readonly [keyof FocusRow, keyof FocusRow])[];

/** Which rules of FOCUS 1.4 a row breaks, one sentence each; none for a row that keeps them. */
export const faultsOfRow = (row: FocusRow): string[] => {
  const { ChargeCategory: category } = row;
  const isCorrection = row.ChargeClass === 'Correction';
  const isUsage = category === 'Usage';
  return [
    ...focusColumns
      .filter((column) => row[column] === undefined || (row[column] === null && !nullable.has(column)))
      .map((column) => `${column} is null.`),
    ...focusColumns
      .filter((column) => row[column] !== null && allowed[column]?.includes(String(row[column])) === false)
      .map((column) => `${column} may not be ${JSON.stringify(row[column])}.`),
    ...decimals
      .filter((column) => row[column] !== null && !/^-?\d+(\.\d+)?$/.test(row[column]))
      .map((column) => `${column} is no decimal number.`),
    ...instants
      .filter((column) => !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(row[column]))
      .map((column) => `${column} is no instant in UTC.`),
    ...dependent
      .filter(([first, second]) => row[first] === null && row[second] !== null)
      .map(([first, second]) => `${second} is given without ${first}.`),
    ...together
      .filter(([first, second]) => row[first] !== null && row[second] === null)
      .map(([first, second]) => `${second} is null although ${first} is given.`),
    ...(['ContractedCost', 'ListCost'] as const)
      .filter((column) => category === 'Credit' && row[column] !== row.BilledCost)
      .map((column) => `${column} of a credit is not its BilledCost.`),
    ...(row.ChargePeriodStart >= row.ChargePeriodEnd ? ['ChargePeriodEnd is not after ChargePeriodStart.'] : []),
    ...(row.BillingPeriodStart >= row.BillingPeriodEnd ? ['BillingPeriodEnd is not after BillingPeriodStart.'] : []),
    ...(/^[A-Z]{3}$/.test(row.BillingCurrency) ? [] : ['BillingCurrency is no code of ISO 4217.']),
    ...(category === 'Purchase' && row.ChargeFrequency === 'Usage-Based' ? ['A purchase is not usage-based.'] : []),
    ...(category === 'Tax' && row.PricingQuantity !== null ? ['PricingQuantity is given for a tax.'] : []),
    ...((isUsage || category === 'Purchase') && !isCorrection && row.PricingQuantity === null
      ? [`PricingQuantity is null for a charge of category ${category}.`]
      : []),
    ...(isUsage && !isCorrection && row.ConsumedQuantity === null ? ['ConsumedQuantity is null for usage.'] : []),
    ...(!isUsage && row.ConsumedQuantity !== null ? ['ConsumedQuantity is given for what is not usage.'] : []),
  ];
};
