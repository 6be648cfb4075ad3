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
  /** Per pricing unit, as agreed with the payer. It and the other columns of unit prices are in datasets that state them. */
  ContractedUnitPrice?: Decimal | null;
  EffectiveCost: Decimal;
  HostProviderName: string;
  InvoiceDetailId: string | null;
  InvoiceId: string | null;
  InvoiceIssuerName: string;
  ListCost: Decimal;
  /** Per pricing unit, as offered to everybody. */
  ListUnitPrice?: Decimal | null;
  PricingQuantity: Decimal | null;
  PricingUnit: string | null;
  /** The provider's region of the resource that is charged. It and its name are in datasets whose charges are for one resource each. */
  RegionId?: string | null;
  RegionName?: string | null;
  ResourceId: string | null;
  ResourceName: string | null;
  ResourceType: string | null;
  ServiceCategory: (typeof serviceCategories)[number];
  ServiceName: string;
  ServiceProviderName: string;
  /** What is sold, the same for every payer and at every price. */
  SkuId?: string | null;
  /** What is measured of it. */
  SkuMeter?: string | null;
  /** Properties of the price that do not depend on its amount, its dates or its payer. */
  SkuPriceDetails?: Tags | null;
  /** The place in a price list where the unit price of what is sold is found. */
  SkuPriceId?: string | null;
  SubAccountId: string | null;
  SubAccountName: string | null;
  /** Keys and values; null: the charge has none. */
  Tags: Tags | null;
};

/** All columns, in the order of a file. */
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
  'ContractedUnitPrice',
  'EffectiveCost',
  'HostProviderName',
  'InvoiceDetailId',
  'InvoiceId',
  'InvoiceIssuerName',
  'ListCost',
  'ListUnitPrice',
  'PricingQuantity',
  'PricingUnit',
  'RegionId',
  'RegionName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'ServiceProviderName',
  'SkuId',
  'SkuMeter',
  'SkuPriceDetails',
  'SkuPriceId',
  'SubAccountId',
  'SubAccountName',
  'Tags',
] as const satisfies readonly (keyof FocusRow)[];

export type FocusColumn = (typeof focusColumns)[number];

/** The columns that only a dataset with unit prices has; each of them needs the others. */
export const unitPriceColumns = [
  'ContractedUnitPrice',
  'ListUnitPrice',
  'SkuId',
  'SkuMeter',
  'SkuPriceDetails',
  'SkuPriceId',
] as const satisfies readonly FocusColumn[];

/** The columns that only a dataset of charges for one resource each has; each of them needs the other. */
export const regionColumns = ['RegionId', 'RegionName'] as const satisfies readonly FocusColumn[];

const without = (columns: readonly FocusColumn[], left: readonly FocusColumn[]): readonly FocusColumn[] =>
  columns.filter((column) => !left.includes(column));

/** The columns of what tenants are charged: a line may be for resources in several regions. */
export const chargeColumns: readonly FocusColumn[] = without(focusColumns, regionColumns);

/** The columns of what the provider charges: its bill states no unit prices. */
export const costColumns: readonly FocusColumn[] = without(focusColumns, unitPriceColumns);

/** The columns that every dataset has. */
export const commonColumns: readonly FocusColumn[] = without(chargeColumns, unitPriceColumns);

/** The values of a row in the order of the columns; tags as JSON. */
export const focusCells = (row: FocusRow, columns: readonly FocusColumn[]): (string | null)[] =>
  columns.map((column) => {
    const value = row[column] ?? null;
    return value === null || typeof value === 'string' ? value : JSON.stringify(value);
  });

/** The columns that are JSON. */
const objects: ReadonlySet<string> = new Set<FocusColumn>(['AllocatedTags', 'SkuPriceDetails', 'Tags']);

/** The row of a record of a CSV file: an empty cell is null. The row may break the rules, see `faultsOfRow`. */
export const focusRowOf = (record: Readonly<Record<string, string>>): FocusRow =>
  Object.fromEntries(
    Object.entries(record).map(([column, text]) => [
      column,
      text === '' ? null : objects.has(column) ? JSON.parse(text) : text,
    ]),
  ) as FocusRow;
