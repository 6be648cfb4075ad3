import { billedKinds, observedUsages } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { serviceCategoryOf } from './categories.ts';
import { unitCell } from './cells.ts';
import { type FocusRow, focusCells, focusColumns, focusRowOf } from './columns.ts';
import { faultsOfColumns, faultsOfRow } from './faults.ts';

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
  EffectiveCost: '6.72',
  HostProviderName: 'DigitalOcean',
  InvoiceDetailId: '1',
  InvoiceId: 'INV-000001',
  InvoiceIssuerName: 'Arcadia Cloud',
  ListCost: '6.72',
  PricingQuantity: '672',
  PricingUnit: 'Hours',
  ResourceId: null,
  ResourceName: null,
  ResourceType: null,
  ServiceCategory: 'Compute',
  ServiceName: 'droplet_hours',
  ServiceProviderName: 'Arcadia Cloud',
  SubAccountId: null,
  SubAccountName: null,
  Tags: { 'arcadia/deployment': 'a' },
};

test('a row that keeps the rules has no faults, and its cells are in the order of the columns', () => {
  expect(faultsOfRow(usage)).toEqual([]);
  expect(focusCells(usage)).toHaveLength(focusColumns.length);
  expect(focusCells(usage).at(-1)).toBe('{"arcadia/deployment":"a"}');
  const cells = focusCells(usage).map((cell) => cell ?? '');
  expect(focusRowOf(Object.fromEntries(focusColumns.map((column, index) => [column, cells[index] ?? ''])))).toEqual(
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
