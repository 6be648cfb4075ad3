import { type billingIngest, canonicalDecimal, Decimal, isRefusal, type RequestOutput } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { centsOf } from '../domain/amount.ts';
import { costLinesAfter, type ListedLine, matchSums } from '../store/cost-lines/cost-line-list.ts';

type View = RequestOutput<typeof billingIngest.listCostLines>['items'][number];

export async function listCostLines({ input }: ReadRequest<typeof billingIngest.listCostLines>, ctx: Context) {
  const { limit, cursor, ...filter } = input;
  const key = readCursor(cursor, 3);
  if (isRefusal(key)) return key;
  const after = key === null ? null : { period: key[0] ?? '', invoice_uuid: key[1] ?? '', line_no: Number(key[2]) };
  const rows = await costLinesAfter(ctx.db, { filter, after, limit: limit + 1 });
  return cutPage(rows, { limit, keyOf: (row) => [row.period, row.invoice_uuid, row.line_no], itemOf: viewOf });
}

const viewOf = ({ amount_minor, provider_ids, allocations, ...line }: ListedLine): View => ({
  ...line,
  hours: line.hours === null ? null : canonicalDecimal(line.hours),
  amount: canonicalDecimal(line.amount),
  amount_cents: centsOf(amount_minor),
  provider_resource_id: provider_ids[0] ?? null,
  allocations: allocations.map(({ amount_minor: share, ...rest }) => ({ ...rest, amount_cents: share })),
});

type Sum = { lines: number; matched: number; amount_minor: string; matched_minor: string };

export async function getMatchRate({ input }: ReadRequest<typeof billingIngest.getMatchRate>, ctx: Context) {
  const { byPeriod, byKind, unmatched, neverListed } = await matchSums(ctx.db, input.period);
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
    total: withRates(total),
    by_period: byPeriod.map(({ period, ...sum }) => ({ period, ...withRates(sum) })),
    by_kind: byKind.map(({ kind, ...sum }) => ({ kind, ...withRates(sum) })),
    unmatched: unmatched.map(inCents),
    never_listed: neverListed.map(inCents),
  };
}

const inCents = <Row extends { amount_minor: string }>({ amount_minor, ...rest }: Row) => ({
  ...rest,
  amount_cents: centsOf(amount_minor),
});

const withRates = ({ lines, matched, amount_minor, matched_minor }: Sum) => ({
  lines,
  matched,
  amount_cents: centsOf(amount_minor),
  matched_cents: centsOf(matched_minor),
  rate_by_count: fraction(String(matched), String(lines)),
  rate_by_amount: fraction(matched_minor, amount_minor),
});

const fraction = (part: string, whole: string): string | null =>
  new Decimal(whole).isZero() ? null : canonicalDecimal(new Decimal(part).div(whole).toDecimalPlaces(6));
