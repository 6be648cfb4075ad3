import { type billingIngest, canonicalDecimal, Decimal, decodeCursor, type RequestOutput } from '@arcadia/contracts';
import { cutPage, type StreamedAnswer } from '@arcadia/platform';
import type { BillingContext, Read } from './context.ts';
import { decimalOfMinor } from './domain/amount.ts';
import { csvRow } from './domain/csv-cell.ts';
import { invalidCursor } from './show-invoices.ts';
import {
  allCostLines,
  type CostLineFilter,
  costLinesAfter,
  type ListedLine,
  matchSums,
} from './store/cost-line-list.ts';

type Shown = RequestOutput<typeof billingIngest.listCostLines>['items'][number];

export const listCostLines = async ({ input }: Read<typeof billingIngest.listCostLines>, ctx: BillingContext) => {
  const { limit, cursor, ...filter } = input;
  const key = cursor === undefined ? null : decodeCursor(cursor, 3);
  const after = key === null ? null : { period: key[0] ?? '', invoice_uuid: key[1] ?? '', line_no: Number(key[2]) };
  if (cursor !== undefined && (after === null || !Number.isInteger(after.line_no))) return invalidCursor();
  const rows = await costLinesAfter(ctx.db, { filter, after, limit: limit + 1 });
  return cutPage(rows, { limit, keyOf: (row) => [row.period, row.invoice_uuid, row.line_no], itemOf: show });
};

const show = ({ amount_minor, provider_ids, allocations, ...line }: ListedLine): Shown => ({
  ...line,
  hours: line.hours === null ? null : canonicalDecimal(line.hours),
  amount: canonicalDecimal(line.amount),
  amount_cents: Number(amount_minor),
  provider_resource_id: provider_ids[0] ?? null,
  allocations: allocations.map(({ amount_minor: share, ...rest }) => ({ ...rest, amount_cents: share })),
});

export const exportCostLines = async ({ input }: Read<typeof billingIngest.exportCostLines>, ctx: BillingContext) => {
  const file: StreamedAnswer = {
    head: {
      media_type: 'text/csv; charset=utf-8',
      file_name: `cost-lines${input.period === undefined ? '' : `-${input.period}`}.csv`,
    },
    chunks: asCsv(ctx, input),
  };
  return file;
};

const columns = [
  'period',
  'invoice_uuid',
  'line_no',
  'product',
  'kind',
  'description',
  'group_description',
  'project_name',
  'category',
  'hours',
  'start_at',
  'end_at',
  'currency',
  'line_amount',
  'resource_id',
  'matched_by',
  'unmatched_reason',
  'target',
  'tenant_id',
  'deployment_id',
  'share_amount',
  'rule',
];

/** One row for each share of a line, so that the column of shares adds up to the bill. */
async function* asCsv(ctx: BillingContext, filter: CostLineFilter): AsyncGenerator<string> {
  yield csvRow(columns);
  for await (const lines of allCostLines(ctx.db, filter)) yield lines.flatMap(rowsOf).join('');
}

const rowsOf = (line: ListedLine): string[] =>
  line.allocations.map((share) =>
    csvRow([
      line.period,
      line.invoice_uuid,
      line.line_no,
      line.product,
      line.kind,
      line.description,
      line.group_description,
      line.project_name,
      line.category,
      line.hours,
      line.start_at,
      line.end_at,
      line.currency,
      decimalOfMinor(Number(line.amount_minor), line.currency),
      line.resource_id,
      line.matched_by,
      line.unmatched_reason,
      share.target,
      share.tenant_id,
      share.deployment_id,
      decimalOfMinor(share.amount_minor, line.currency),
      share.rule,
    ]),
  );

type Sum = { lines: number; matched: number; amount_minor: string; matched_minor: string };

export const showMatchRate = async ({ input }: Read<typeof billingIngest.getMatchRate>, ctx: BillingContext) => {
  const { byPeriod, byKind, unmatched } = await matchSums(ctx.db, input.period);
  const total = byKind.reduce(
    (sum, each) => ({
      lines: sum.lines + each.lines,
      matched: sum.matched + each.matched,
      amount_minor: new Decimal(sum.amount_minor).plus(each.amount_minor).toFixed(),
      matched_minor: new Decimal(sum.matched_minor).plus(each.matched_minor).toFixed(),
    }),
    { lines: 0, matched: 0, amount_minor: '0', matched_minor: '0' },
  );
  return {
    total: rated(total),
    by_period: byPeriod.map(({ period, ...sum }) => ({ period, ...rated(sum) })),
    by_kind: byKind.map(({ kind, ...sum }) => ({ kind, ...rated(sum) })),
    unmatched: unmatched.map(({ amount_minor, ...rest }) => ({ ...rest, amount_cents: Number(amount_minor) })),
  };
};

const rated = ({ lines, matched, amount_minor, matched_minor }: Sum) => ({
  lines,
  matched,
  amount_cents: Number(amount_minor),
  matched_cents: Number(matched_minor),
  rate_by_count: fraction(String(matched), String(lines)),
  rate_by_amount: fraction(matched_minor, amount_minor),
});

const fraction = (part: string, whole: string): string | null =>
  new Decimal(whole).isZero() ? null : canonicalDecimal(new Decimal(part).div(whole).toDecimalPlaces(6));
