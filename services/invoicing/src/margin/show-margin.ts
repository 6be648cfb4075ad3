import {
  addMonths,
  formatMinor,
  type invoicing,
  isRefusal,
  periodOf,
  type Refusal,
  type RequestInput,
  refuse,
} from '@arcadia/contracts';
import { type CsvCell, csvChunks, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { convertRevenue } from '../domain/margin/convert-revenue.ts';
import {
  type Grouping,
  type Margin,
  marginOf,
  missingBillsOf,
  type Rate,
  type Revenue,
} from '../domain/margin/margin.ts';
import { withoutPayer } from '../domain/margin/without-payer.ts';
import { fraction, toWhole } from '../domain/rating/fraction.ts';
import {
  costsBetween,
  firstKnownPeriod,
  pinnedRates,
  ratesBetween,
  revenueBetween,
} from '../store/margin/provider-costs.ts';
import { unpaidShares } from '../store/margin/unpaid-usage.ts';

type Filter = Pick<RequestInput<typeof invoicing.getMargin>, 'period' | 'from' | 'to' | 'tenant_id'> & {
  group_by: Grouping;
};
type Found = {
  margin: Margin;
  rates: Rate[];
  missingBills: string[];
  currency: string | null;
  otherCurrencies: { currency: string; revenue_cents: number }[];
};

/** Takes the tax out of lines with tax-inclusive prices; the rounding difference goes to the largest line, so that the net adds up. */
export const withoutTax = (rows: Awaited<ReturnType<typeof revenueBetween>>): Revenue[] =>
  [...Map.groupBy(rows, ({ invoice_id }) => invoice_id).values()].flatMap((lines) => {
    const [first] = lines;
    if (first === undefined || !first.is_tax_inclusive || first.gross_of_invoice <= 0) return lines;
    const netOf = (cents: number): number =>
      toWhole(fraction(cents * first.net_of_invoice, first.gross_of_invoice), 'half_up');
    const nets = lines.map(({ amount_cents }) => netOf(amount_cents));
    const whole = netOf(lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0));
    const largest = lines.reduce(
      (best, { amount_cents }, index) => (amount_cents > (lines[best]?.amount_cents ?? 0) ? index : best),
      0,
    );
    nets[largest] = (nets[largest] ?? 0) + whole - nets.reduce((sum, net) => sum + net, 0);
    return lines.map((line, index) => ({ ...line, amount_cents: nets[index] ?? 0 }));
  });

/** The billing currency of a new installation. */
const usualCurrency = 'AUD';

export const findMargin = async (ctx: Context, filter: Filter): Promise<Found | Refusal<'invalid-range'>> => {
  const now = periodOf(ctx.clock.now());
  const last = filter.period ?? filter.to ?? addMonths(now, -1);
  const first = filter.period ?? filter.from ?? (filter.group_by === 'period' ? addMonths(last, -11) : last);
  if (first > last) {
    const detail = `Margin from ${first} to ${last}: the range ends before it begins; ask for a later \`to\` or an earlier \`from\`.`;
    return refuse('invalid-range', detail);
  }
  const range = { from: first, to: last, tenantId: filter.tenant_id ?? null };
  const revenue = withoutTax(await revenueBetween(ctx.db, range));
  const isUsual = revenue.length === 0 || revenue.some(({ currency }) => currency === usualCurrency);
  const [costs, rates, firstKnown] = [
    withoutPayer(await costsBetween(ctx.db, range), await unpaidShares(ctx.db, range)),
    await ratesBetween(ctx.db, range, isUsual ? usualCurrency : (revenue[0]?.currency ?? usualCurrency)),
    await firstKnownPeriod(ctx.db),
  ];
  const billed = new Set(rates.map(({ period }) => period));
  const missingBills = missingBillsOf(range, { first: firstKnown, now, billed });
  const currency = rates.at(-1)?.to ?? revenue[0]?.currency ?? null;
  const { converted, unconverted } = convertRevenue(revenue, {
    to: currency ?? usualCurrency,
    rates: await pinnedRates(ctx.db, range),
  });
  const others = Map.groupBy(unconverted, (row) => row.currency);
  return {
    margin: marginOf(filter.group_by, {
      revenue: converted,
      unconverted,
      costs,
      rates,
      missingBills,
    }),
    rates,
    missingBills,
    currency,
    otherCurrencies: [...others].map(([other, rows]) => ({
      currency: other,
      revenue_cents: rows.reduce((sum, { amount_cents }) => sum + amount_cents, 0),
    })),
  };
};

export async function getMargin({ input }: ReadRequest<typeof invoicing.getMargin>, ctx: Context) {
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  const found = await findMargin(ctx, input);
  if (isRefusal(found)) return found;
  const { margin, rates, missingBills, currency, otherCurrencies } = found;
  const from = after === null ? 0 : Number(after[0]);
  const rows = margin.rows
    .map((row, position) => ({ row, position: position + 1 }))
    .slice(from, from + input.limit + 1);
  return {
    currency,
    provider_currency: rates.at(-1)?.from ?? null,
    fx: rates,
    missing_bills: missingBills,
    totals: margin.totals,
    other_currencies: otherCurrencies,
    ...cutPage(rows, { limit: input.limit, keyOf: ({ position }) => [position], itemOf: ({ row }) => row }),
    total: margin.rows.length,
  };
}

const columns = [
  'period',
  'target',
  'tenant_id',
  'deployment_id',
  'kind',
  'plan_code',
  'currency',
  'revenue',
  'cost',
  'margin',
  'margin_percent',
  'provider_currency',
  'provider_cost',
  'is_bill_missing',
];

function* csvRows({ margin, rates, missingBills, currency }: Found): Generator<CsvCell[]> {
  const [own, provider] = [currency ?? 'AUD', rates.at(-1)?.from ?? 'USD'];
  const money = (cents: number | null, of: string) => (cents === null ? null : formatMinor(cents, of));
  for (const row of margin.rows) {
    yield [
      row.period,
      row.target,
      row.tenant_id,
      row.deployment_id,
      row.kind,
      row.plan_code,
      own,
      money(row.revenue_cents, own),
      money(row.cost_cents, own),
      money(row.margin_cents, own),
      row.margin_percent,
      provider,
      money(row.cost_provider_cents, provider),
      missingBills.includes(row.period),
    ];
  }
}

export async function downloadMargin({ input }: ReadRequest<typeof invoicing.getMarginCsv>, ctx: Context) {
  const found = await findMargin(ctx, input);
  if (isRefusal(found)) return found;
  return {
    head: {
      media_type: 'text/csv; charset=utf-8',
      file_name: `margin-${input.period ?? 'all'}-by-${input.group_by}.csv`,
    },
    chunks: csvChunks(columns, csvRows(found)),
  };
}
