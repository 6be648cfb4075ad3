import { Decimal, type invoicing, tenantScope } from '@arcadia/contracts';
import {
  chargeColumns,
  type FocusRow,
  focusCells,
  focusParquet,
  majorCell,
  majorDecimal,
  monthCells,
  serviceCategoryOf,
  unitCell,
} from '@arcadia/focus';
import { csvText, type ReadRequest, type StreamedAnswer } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { type Sku, skuOfLine } from '../domain/invoices/sku-of-line.ts';
import type { LineKind } from '../domain/rating/rated-line.ts';
import { type ChargedLine, chargedLines } from '../store/invoices/charged-lines.ts';
import { plansOfLines } from './plans-of-lines.ts';

type Request = ReadRequest<typeof invoicing.exportFocusCharges>;

/** What tenants were charged as a FOCUS dataset: Σ BilledCost of a document is its total. */
export async function exportFocusCharges(request: Request, ctx: Context): Promise<StreamedAnswer> {
  return fileOf(request, { ending: 'csv', mediaType: 'text/csv; charset=utf-8', chunks: asCsv(rowsFor(request, ctx)) });
}

/** The same as Parquet. */
export async function exportFocusChargesParquet(request: Request, ctx: Context): Promise<StreamedAnswer> {
  const chunks = focusParquet(rowsFor(request, ctx), chargeColumns);
  return fileOf(request, { ending: 'parquet', mediaType: 'application/vnd.apache.parquet', chunks });
}

const fileOf = (
  { input: { period } }: Request,
  { ending, mediaType, chunks }: { ending: string; mediaType: string; chunks: StreamedAnswer['chunks'] },
): StreamedAnswer => ({
  head: { media_type: mediaType, file_name: `focus-charges${period === undefined ? '' : `-${period}`}.${ending}` },
  chunks,
});

async function* rowsFor({ input, actor }: Request, ctx: Context): AsyncGenerator<FocusRow[]> {
  const filter = { period: input.period ?? null, tenantId: tenantScope(actor) ?? input.tenant_id ?? null };
  const plans = plansOfLines(ctx.db);
  for await (const lines of chargedLines(ctx.db, filter)) {
    const rows: FocusRow[] = [];
    for (const line of lines) rows.push(rowOf(line, skuOfLine(line, await plans(line))));
    yield rows;
  }
}

async function* asCsv(batches: AsyncIterable<FocusRow[]>): AsyncGenerator<string> {
  yield csvText([chargeColumns]);
  for await (const rows of batches) yield csvText(rows.map((row) => focusCells(row, chargeColumns)));
}

type Charge = Pick<FocusRow, 'ChargeCategory' | 'ChargeFrequency'>;

const charges: Readonly<Record<LineKind, Charge>> = {
  plan_base: { ChargeCategory: 'Purchase', ChargeFrequency: 'Recurring' },
  addon: { ChargeCategory: 'Purchase', ChargeFrequency: 'Recurring' },
  overage: { ChargeCategory: 'Usage', ChargeFrequency: 'Usage-Based' },
  commitment: { ChargeCategory: 'Purchase', ChargeFrequency: 'Recurring' },
  discount: { ChargeCategory: 'Credit', ChargeFrequency: 'Recurring' },
  credit: { ChargeCategory: 'Credit', ChargeFrequency: 'One-Time' },
  adjustment: { ChargeCategory: 'Adjustment', ChargeFrequency: 'One-Time' },
  manual: { ChargeCategory: 'Adjustment', ChargeFrequency: 'One-Time' },
  tax: { ChargeCategory: 'Tax', ChargeFrequency: 'One-Time' },
};

const rowOf = (line: ChargedLine, sku: Sku | null): FocusRow => {
  const charge = charges[line.kind];
  const billed = monthCells(line.billed_in);
  const charged = monthCells(line.adjusts_period ?? line.period);
  const amount = majorCell(line.amount_cents, line.currency);
  const isPriced = charge.ChargeCategory === 'Usage' || charge.ChargeCategory === 'Purchase';
  const isUsage = charge.ChargeCategory === 'Usage';
  const prices = pricesOf(line, sku);
  return {
    AllocatedMethodId: null,
    AllocatedResourceId: null,
    AllocatedResourceName: null,
    AllocatedTags: null,
    BilledCost: amount,
    BillingAccountId: line.tenant_id,
    BillingAccountName: line.customer_name,
    BillingCurrency: line.currency,
    BillingPeriodEnd: billed.end,
    BillingPeriodStart: billed.start,
    ...charge,
    ChargeClass: line.adjusts_period === null ? null : 'Correction',
    ChargeDescription: line.description,
    ChargePeriodEnd: charged.end,
    ChargePeriodStart: charged.start,
    ConsumedQuantity: isUsage ? line.qty : null,
    ConsumedUnit: isUsage ? unitCell(line.unit) : null,
    ContractedCost: prices?.contracted.cost ?? amount,
    ContractedUnitPrice: prices?.contracted.unitPrice ?? null,
    EffectiveCost: amount,
    HostProviderName: 'DigitalOcean',
    InvoiceDetailId: line.line_id,
    InvoiceId: line.number,
    InvoiceIssuerName: line.supplier_name,
    ListCost: prices?.list.cost ?? amount,
    ListUnitPrice: prices?.list.unitPrice ?? null,
    PricingQuantity: isPriced ? line.qty : null,
    PricingUnit: isPriced ? unitCell(line.unit) : null,
    ResourceId: null,
    ResourceName: null,
    ResourceType: null,
    ServiceCategory: serviceCategoryOf(line.resource_kind),
    ServiceName: line.resource_kind ?? line.description,
    ServiceProviderName: line.supplier_name,
    SkuId: sku?.id ?? null,
    SkuMeter: sku?.meter ?? null,
    SkuPriceDetails: sku?.details ?? null,
    SkuPriceId: sku?.priceId ?? null,
    SubAccountId: line.deployment_id,
    SubAccountName: line.deployment_name,
    Tags: null,
  };
};

/** The unit prices of a line and their products with its quantity, which unlike what is billed are not rounded; null: it has none. */
const pricesOf = ({ qty, currency }: ChargedLine, sku: Sku | null) => {
  if (sku === null) return null;
  const of = (cents: string) => {
    const unitPrice = new Decimal(majorDecimal(cents, currency));
    return { unitPrice: unitPrice.toFixed(), cost: unitPrice.times(qty).toFixed() };
  };
  const contracted = of(sku.unitPriceCents);
  return { contracted, list: sku.listUnitPriceCents === sku.unitPriceCents ? contracted : of(sku.listUnitPriceCents) };
};
