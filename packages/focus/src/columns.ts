import type { serviceCategories } from './categories.ts';

/** An instant in UTC, `YYYY-MM-DDTHH:MM:SSZ`. */
type Instant = string;
/** A decimal number as text, in the currency's major unit where it is an amount. */
type Decimal = string;

export const chargeCategories = ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'] as const;
export const chargeFrequencies = ['One-Time', 'Recurring', 'Usage-Based'] as const;

type Tags = Readonly<Record<string, string>>;

/** A row of cost and usage: one charge. Column ids, allowed values and nulls are those of FOCUS 1.4. */
export type FocusRow = {
  /** How a charge was split among several payers; null: it was not split. */
  AllocatedMethodId: string | null;
  /** The payer's deployment, where the charge was split. */
  AllocatedResourceId: string | null;
  AllocatedResourceName: string | null;
  /** What the payer's deployment adds to the tags of the charge that was split; null: nothing. */
  AllocatedTags: Tags | null;
  BilledCost: Decimal;
  BillingAccountId: string;
  BillingAccountName: string | null;
  BillingCurrency: string;
  BillingPeriodEnd: Instant;
  BillingPeriodStart: Instant;
  ChargeCategory: (typeof chargeCategories)[number];
  /** Set where a charge corrects an earlier billing period that was invoiced. */
  ChargeClass: 'Correction' | null;
  ChargeDescription: string | null;
  ChargeFrequency: (typeof chargeFrequencies)[number];
  /** Exclusive. */
  ChargePeriodEnd: Instant;
  ChargePeriodStart: Instant;
  ConsumedQuantity: Decimal | null;
  ConsumedUnit: string | null;
  ContractedCost: Decimal;
  EffectiveCost: Decimal;
  HostProviderName: string;
  InvoiceDetailId: string | null;
  InvoiceId: string | null;
  InvoiceIssuerName: string;
  ListCost: Decimal;
  PricingQuantity: Decimal | null;
  PricingUnit: string | null;
  ResourceId: string | null;
  ResourceName: string | null;
  ResourceType: string | null;
  ServiceCategory: (typeof serviceCategories)[number];
  ServiceName: string;
  ServiceProviderName: string;
  SubAccountId: string | null;
  SubAccountName: string | null;
  /** Keys and values; null: the charge has none. */
  Tags: Tags | null;
};

/** The columns in the order of the file. */
export const focusColumns = [
  'AllocatedMethodId',
  'AllocatedResourceId',
  'AllocatedResourceName',
  'AllocatedTags',
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'EffectiveCost',
  'HostProviderName',
  'InvoiceDetailId',
  'InvoiceId',
  'InvoiceIssuerName',
  'ListCost',
  'PricingQuantity',
  'PricingUnit',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'ServiceProviderName',
  'SubAccountId',
  'SubAccountName',
  'Tags',
] as const satisfies readonly (keyof FocusRow)[];

/** The values of a row in the order of the columns; tags as JSON. */
export const focusCells = (row: FocusRow): (string | null)[] =>
  focusColumns.map((column) => {
    const value = row[column];
    return value === null || typeof value === 'string' ? value : JSON.stringify(value);
  });

/** The row of a record of a CSV file: an empty cell is null. The row may break the rules, see `faultsOfRow`. */
export const focusRowOf = (record: Readonly<Record<string, string>>): FocusRow =>
  Object.fromEntries(
    Object.entries(record).map(([column, text]) => [
      column,
      text === '' ? null : column.endsWith('Tags') ? JSON.parse(text) : text,
    ]),
  ) as FocusRow;
