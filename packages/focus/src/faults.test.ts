import { billedKinds, observedUsages } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { serviceCategoryOf } from './categories.ts';
import { unitCell } from './cells.ts';
import { chargeColumns, costColumns, type FocusRow, focusCells, focusColumns, focusRowOf } from './columns.ts';
import { faultsOfColumns, faultsOfRow } from './faults.ts';
import { regionNameOf } from './regions.ts';
import { faultsOfRows } from './unit-price-faults.ts';

const usage: FocusRow = {
  AllocatedMethodId: null,
  AllocatedResourceId: null,
  AllocatedResourceName: null,
  AllocatedTags: null,
  BilledCost: '6.72',
  BillingAccountId: 'acme',
  BillingAccountName: 'Acme Ltd',
  BillingCurrency: 'AUD',
  BillingPeriodEnd: '2026-05-01T00:00:00Z',
  BillingPeriodStart: '2026-04-01T00:00:00Z',
  ChargeCategory: 'Usage',
  ChargeClass: null,
  ChargeDescription: 'Droplet hours',
  ChargeFrequency: 'Usage-Based',
  ChargePeriodEnd: '2026-05-01T00:00:00Z',
  ChargePeriodStart: '2026-04-01T00:00:00Z',
  ConsumedQuantity: '672',
  ConsumedUnit: 'Hours',
  ContractedCost: '6.72',
  ContractedUnitPrice: '0.01',
  EffectiveCost: '6.72',
  HostProviderName: 'DigitalOcean',
  InvoiceDetailId: '1',
  InvoiceId: 'INV-000001',
  InvoiceIssuerName: 'Arcadia Cloud',
  ListCost: '6.72',
  ListUnitPrice: '0.01',
  PricingQuantity: '672',
  PricingUnit: 'Hours',
  ResourceId: null,
  ResourceName: null,
  ResourceType: null,
  ServiceCategory: 'Compute',
  ServiceName: 'droplet_hours',
  ServiceProviderName: 'Arcadia Cloud',
  SkuId: 'usage/droplet_hours/s-1vcpu-1gb',
  SkuMeter: 'Droplet hours',
  SkuPriceDetails: { InstanceType: 's-1vcpu-1gb' },
  SkuPriceId: 'plan/studio/usage/droplet_hours/s-1vcpu-1gb',
  SubAccountId: null,
  SubAccountName: null,
  Tags: { 'arcadia/deployment': 'a' },
};

test('a row that keeps the rules has no faults, and its cells are in the order of the columns', () => {
  expect(faultsOfRow(usage)).toEqual([]);
  expect(focusCells(usage, chargeColumns)).toHaveLength(chargeColumns.length);
  expect(focusCells(usage, chargeColumns).at(-1)).toBe('{"arcadia/deployment":"a"}');
  const cells = focusCells(usage, chargeColumns).map((cell) => cell ?? '');
  expect(focusRowOf(Object.fromEntries(chargeColumns.map((column, index) => [column, cells[index] ?? ''])))).toEqual(
    usage,
  );
});

test.each<[Partial<FocusRow>, string]>([
  [{ BillingAccountId: null as unknown as string }, 'BillingAccountId is null.'],
  [{ ChargeCategory: 'Fee' as never }, 'ChargeCategory may not be "Fee".'],
  [{ BilledCost: '6,72' }, 'BilledCost is no decimal number.'],
  [{ ChargePeriodStart: '2026-04-01' }, 'ChargePeriodStart is no instant in UTC.'],
  [{ ChargePeriodEnd: '2026-04-01T00:00:00Z' }, 'ChargePeriodEnd is not after ChargePeriodStart.'],
  [{ ConsumedQuantity: null, ConsumedUnit: null }, 'ConsumedQuantity is null for usage.'],
  [{ PricingQuantity: null, PricingUnit: null }, 'PricingQuantity is null for a charge of category Usage.'],
  [{ ChargeCategory: 'Tax' }, 'PricingQuantity is given for a tax.'],
  [{ ChargeCategory: 'Purchase' }, 'A purchase is not usage-based.'],
  [{ ResourceName: 'web-1' }, 'ResourceName is given without ResourceId.'],
  [{ PricingUnit: null }, 'PricingQuantity is given without PricingUnit.'],
  [{ ResourceId: 'web-1' }, 'ResourceType is null although ResourceId is given.'],
  [{ SubAccountId: 'shop' }, 'SubAccountName is null although SubAccountId is given.'],
  [{ InvoiceDetailId: null }, 'InvoiceDetailId is null although InvoiceId is given.'],
  [
    { AllocatedMethodId: 'by-time', AllocatedResourceId: 'shop' },
    'AllocatedResourceName is null although AllocatedResourceId is given.',
  ],
  [{ ChargeCategory: 'Credit', ContractedCost: '1.00' }, 'ContractedCost of a credit is not its BilledCost.'],
  [{ BillingCurrency: 'dollars' }, 'BillingCurrency is no code of ISO 4217.'],
  [{ BillingCurrency: 'XQX' }, 'BillingCurrency is no code of ISO 4217.'],
  [{ ServiceName: ' ' }, 'ServiceName is " ", which is no value.'],
  [{ ChargeDescription: 'N/A' }, 'ChargeDescription is "N/A", which is no value.'],
  [{ Tags: { list: [] } as never }, 'Tags has more than keys with plain values.'],
  [{ AllocatedTags: {} }, 'AllocatedTags is given without AllocatedMethodId.'],
  [{ AllocatedTags: { 'arcadia/deployment': 'a' } }, 'AllocatedTags has arcadia/deployment, which Tags has already.'],
  [{ ConsumedUnit: 'GB-month' }, 'ConsumedUnit writes a unit of time otherwise than FOCUS.'],
  [{ EffectiveCost: '6.71' }, 'EffectiveCost is not BilledCost, and nothing covers the charge.'],
  [{ ResourceId: '1', ResourceName: '1', ResourceType: 'droplet' }, 'ResourceName repeats ResourceId.'],
  [{ ChargeClass: 'Correction' }, 'A correction is billed in the period that it corrects.'],
  [{ ListCost: '1e3' }, 'ListCost is no decimal number.'],
  [{ RegionId: 'syd1', RegionName: null }, 'RegionName is null although RegionId is given.'],
  [{ RegionId: null, RegionName: 'Sydney 1' }, 'RegionName is given without RegionId.'],
  [{ RegionId: '', RegionName: 'Sydney 1' }, 'RegionId is "", which is no value.'],
  [{ SkuId: null }, 'SkuId is null for a charge of category Usage.'],
  [{ SkuId: null }, 'SkuMeter is given without SkuId.'],
  [{ SkuPriceId: null }, 'ListUnitPrice is given without SkuPriceId.'],
  [{ SkuPriceId: null }, 'PricingQuantity is given without SkuPriceId.'],
  [{ SkuMeter: null }, 'SkuMeter is null although SkuId is given.'],
  [{ ChargeCategory: 'Tax' }, 'SkuPriceId is given for a tax.'],
  [{ ChargeCategory: 'Adjustment', ListUnitPrice: null }, 'ListUnitPrice is null although SkuPriceId is given.'],
  [{ ListUnitPrice: '-0.01' }, 'ListUnitPrice is negative.'],
  [{ ContractedUnitPrice: '1,5' }, 'ContractedUnitPrice is no decimal number.'],
  [{ ContractedCost: '6.73' }, 'ContractedCost is not the product of ContractedUnitPrice and PricingQuantity.'],
  [{ ListUnitPrice: '0.02' }, 'ListCost is not the product of ListUnitPrice and PricingQuantity.'],
  [{ SkuPriceDetails: { size: 's' } }, 'SkuPriceDetails has size, which neither FOCUS defines nor begins with x_.'],
  [{ SkuPriceDetails: { x_Size: [] } as never }, 'SkuPriceDetails has more than keys with plain values.'],
])('%o breaks a rule: %s', (change, fault) => {
  expect(faultsOfRow({ ...usage, ...change })).toContain(fault);
});

test('every kind that the provider bills has a service category, but for lines of the account and of unknown products', () => {
  const kinds = new Set([...billedKinds, ...observedUsages.map(({ kind }) => kind)]);
  expect([...kinds].filter((kind) => serviceCategoryOf(kind) === 'Other')).toEqual(['account', 'unknown']);
  expect(serviceCategoryOf(null)).toBe('Other');
  expect(serviceCategoryOf('droplet')).toBe('Compute');
});

test('the columns of our files are those that FOCUS wants, and a file that lacks one is found', () => {
  expect(faultsOfColumns(focusColumns)).toEqual([]);
  expect(faultsOfColumns(focusColumns.filter((column) => column !== 'AllocatedTags'))).toEqual([
    'AllocatedTags is missing.',
  ]);
  expect(faultsOfColumns(chargeColumns)).toEqual([]);
  expect(faultsOfColumns(costColumns)).toEqual([]);
  expect(faultsOfColumns(costColumns.filter((column) => column !== 'RegionName'))).toEqual([
    'RegionName is missing, and other columns of regions are there.',
  ]);
  expect(faultsOfColumns(focusColumns.filter((column) => column !== 'SkuMeter'))).toEqual([
    'SkuMeter is missing, and other columns of unit prices are there.',
  ]);
  expect(faultsOfColumns([...focusColumns, 'Tags', 'x_Own', 'own column'])).toEqual([
    'Tags is there twice.',
    'own column is neither in Pascal case nor a custom column.',
  ]);
});

test.each([
  ['hour', 'Hours'],
  ['GB', 'GB'],
  ['GB-month', 'GB-Months'],
  ['zone-month', 'Zone-Months'],
  ['token', 'Tokens'],
  ['Requests', 'Requests'],
  ['GiB-Hours', 'GiB-Hours'],
  ['', ''],
])('the unit %o is written as %o', (unit, cell) => {
  expect(unitCell(unit)).toBe(cell);
});

test('rows of one SKU have one meter, and those of one place in the price list one SKU', () => {
  expect(faultsOfRows([usage, usage])).toEqual([]);
  expect(faultsOfRows([usage, { ...usage, SkuMeter: 'Hours' }])).toEqual([
    'SkuMeter differs between rows with the SkuId usage/droplet_hours/s-1vcpu-1gb.',
  ]);
  expect(faultsOfRows([usage, { ...usage, SkuId: 'usage/droplet_hours' }])).toEqual([
    'SkuId differs between rows with the SkuPriceId plan/studio/usage/droplet_hours/s-1vcpu-1gb.',
  ]);
});

test.each([
  ['syd1', 'Sydney 1'],
  ['nyc3', 'New York 3'],
  ['nyc', 'New York'],
  ['ric1', 'ric1'],
  ['eu-central', 'eu-central'],
  ['constructor', 'constructor'],
])('the region %o is called %o', (slug, name) => {
  expect(regionNameOf(slug)).toBe(name);
});

test('a row without columns of unit prices keeps their rules', () => {
  const cells = focusCells(usage, costColumns).map((cell) => cell ?? '');
  const row = Object.fromEntries(costColumns.map((column, index) => [column, cells[index] ?? '']));
  expect(faultsOfRow(focusRowOf(row))).toEqual([]);
});
