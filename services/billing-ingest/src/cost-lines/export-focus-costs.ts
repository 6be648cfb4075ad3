import { type billingIngest, periodInterval } from '@arcadia/contracts';
import {
  costColumns,
  type FocusRow,
  focusCells,
  focusParquet,
  monthCells,
  regionNameOf,
  serviceCategoryOf,
} from '@arcadia/focus';
import { csvText, type ReadRequest, type StreamedAnswer } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { decimalOfMinor } from '../domain/amount.ts';
import { allCostLines, type CostLineFilter, type ListedLine } from '../store/cost-lines/cost-line-list.ts';
import { type NamedResource, resourcesOfLines } from '../store/resources/known-resources.ts';

const provider = 'DigitalOcean';

type Request = ReadRequest<typeof billingIngest.exportFocusCosts>;

/** What the provider charged as a FOCUS dataset: Σ BilledCost of a month is its invoices' amount, with tax. */
export async function exportFocusCosts(request: Request, ctx: Context): Promise<StreamedAnswer> {
  const chunks = asCsv(rowsFor(request.input, ctx));
  return fileOf(request, { ending: 'csv', mediaType: 'text/csv; charset=utf-8', chunks });
}

/** The same as Parquet. */
export async function exportFocusCostsParquet(request: Request, ctx: Context): Promise<StreamedAnswer> {
  const chunks = focusParquet(rowsFor(request.input, ctx), costColumns);
  return fileOf(request, { ending: 'parquet', mediaType: 'application/vnd.apache.parquet', chunks });
}

const fileOf = (
  { input: { period } }: Request,
  { ending, mediaType, chunks }: { ending: string; mediaType: string; chunks: StreamedAnswer['chunks'] },
): StreamedAnswer => ({
  head: { media_type: mediaType, file_name: `focus-costs${period === undefined ? '' : `-${period}`}.${ending}` },
  chunks,
});

async function* rowsFor(filter: CostLineFilter, ctx: Context): AsyncGenerator<FocusRow[]> {
  for await (const lines of allCostLines(ctx.db, filter)) {
    const resources = await resourcesOfLines(ctx.db, lines);
    yield lines.flatMap((line) => rowsOf(line, resources, filter.tenant_id));
  }
}

async function* asCsv(batches: AsyncIterable<FocusRow[]>): AsyncGenerator<string> {
  yield csvText([costColumns]);
  for await (const rows of batches) yield csvText(rows.map((row) => focusCells(row, costColumns)));
}

const inSeconds = (instant: Temporal.Instant): string => instant.round({ smallestUnit: 'second' }).toString();

/** The charge period of a line. A line without times, or whose end is not after its start, charges the whole month. */
const chargePeriodOf = ({ start_at, end_at, period }: ListedLine): { start: string; end: string } => {
  const month = periodInterval(period);
  const start = start_at === null ? month.start : Temporal.Instant.from(start_at);
  const end = end_at === null ? month.end : Temporal.Instant.from(end_at);
  const isSpan = Temporal.Instant.compare(start, end) < 0;
  return { start: inSeconds(isSpan ? start : month.start), end: inSeconds(isSpan ? end : month.end) };
};

const tagsOrNone = (tags: Readonly<Record<string, string>>) => (Object.keys(tags).length === 0 ? null : tags);

/** A row for each share of a line; with a tenant its shares alone. A line without a payer is one row without a sub account. */
const rowsOf = (
  line: ListedLine,
  resources: ReadonlyMap<string, NamedResource>,
  tenant: string | undefined,
): FocusRow[] => {
  const month = monthCells(line.period);
  const charged = chargePeriodOf(line);
  const isUsage = !line.is_tax && !line.amount_minor.startsWith('-');
  const quantity = isUsage ? (line.hours ?? '1') : null;
  const unit = isUsage ? (line.hours === null ? 'Units' : 'Hours') : null;
  const [providerId] = line.provider_ids;
  const resource = line.resource_id === null ? undefined : resources.get(line.resource_id);
  const region = resource?.region ?? null;
  const shared = line.allocations.length > 1;
  const projectTags = line.project_name === '' ? {} : { 'arcadia/project': line.project_name };
  return line.allocations
    .filter((share) => tenant === undefined || share.tenant_id === tenant)
    .map((share) => {
      const amount = decimalOfMinor(share.amount_minor, line.currency);
      // A share of a quantity is not known exactly, so only the first share has it: their sum is that of the line.
      const isFirst = share === line.allocations[0];
      // All shares of a line have the tags of the line (FOCUS, DataGeneratorCalculatedSplitCostAllocationHandling).
      const ownTags = {
        'arcadia/borne-by': share.target,
        ...(share.deployment_id === null ? {} : { 'arcadia/deployment': share.deployment_id }),
      };
      return {
        AllocatedMethodId: shared ? (share.rule ?? 'by-time') : null,
        AllocatedResourceId: shared ? share.deployment_id : null,
        // It may repeat the id where there is no other name.
        AllocatedResourceName: shared ? share.deployment_id : null,
        AllocatedTags: shared ? ownTags : null,
        BilledCost: amount,
        BillingAccountId: line.provider,
        BillingAccountName: null,
        BillingCurrency: line.currency,
        BillingPeriodEnd: month.end,
        BillingPeriodStart: month.start,
        ChargeCategory: line.is_tax ? 'Tax' : isUsage ? 'Usage' : 'Credit',
        ChargeClass: null,
        ChargeDescription: line.description,
        ChargeFrequency: isUsage ? 'Usage-Based' : 'One-Time',
        ChargePeriodEnd: charged.end,
        ChargePeriodStart: charged.start,
        ConsumedQuantity: quantity === null ? null : isFirst ? quantity : '0',
        ConsumedUnit: unit,
        ContractedCost: amount,
        EffectiveCost: amount,
        HostProviderName: provider,
        InvoiceDetailId: String(line.line_no),
        InvoiceId: line.invoice_uuid,
        InvoiceIssuerName: provider,
        ListCost: amount,
        PricingQuantity: quantity === null ? null : isFirst ? quantity : '0',
        PricingUnit: unit,
        RegionId: region,
        RegionName: region === null ? null : regionNameOf(region),
        ResourceId: providerId ?? null,
        ResourceName: providerId === undefined ? null : (resource?.name ?? null),
        ResourceType: providerId === undefined ? null : line.kind,
        ServiceCategory: serviceCategoryOf(line.kind),
        ServiceName: line.product,
        ServiceProviderName: provider,
        SubAccountId: share.tenant_id,
        SubAccountName: share.tenant_id,
        Tags: tagsOrNone({ ...(shared ? {} : ownTags), ...projectTags }),
      };
    });
};
