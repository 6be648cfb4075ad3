import type { billingIngest } from '@arcadia/contracts';
import { type CsvCell, csvText, type ReadRequest, type StreamedAnswer } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { centsOf, decimalOfMinor } from '../domain/amount.ts';
import { allCostLines, type CostLineFilter, type ListedLine } from '../store/cost-lines/cost-line-list.ts';

export async function exportCostLines({ input }: ReadRequest<typeof billingIngest.exportCostLines>, ctx: Context) {
  const file: StreamedAnswer = {
    head: {
      media_type: 'text/csv; charset=utf-8',
      file_name: `cost-lines${input.period === undefined ? '' : `-${input.period}`}.csv`,
    },
    chunks: asCsv(ctx, input),
  };
  return file;
}

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

/** One row per share of a line, so that the column of shares adds up to the invoices. */
async function* asCsv(ctx: Context, filter: CostLineFilter): AsyncGenerator<string> {
  yield csvText([columns]);
  for await (const lines of allCostLines(ctx.db, filter)) yield csvText(lines.flatMap(rowsOf));
}

const rowsOf = (line: ListedLine): CsvCell[][] =>
  line.allocations.map((share) => [
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
    decimalOfMinor(centsOf(line.amount_minor), line.currency),
    line.resource_id,
    line.matched_by,
    line.unmatched_reason,
    share.target,
    share.tenant_id,
    share.deployment_id,
    decimalOfMinor(share.amount_minor, line.currency),
    share.rule,
  ]);
