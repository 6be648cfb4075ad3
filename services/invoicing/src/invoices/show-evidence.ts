import {
  type Actor,
  type invoicing,
  isRefusal,
  type Json,
  metering,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor, ServiceUnavailable } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { isPassedThrough } from '../domain/rating/pass-through-lines.ts';
import { billLinesOf } from '../store/costs/provider-bills.ts';
import type { InvoiceLineRow } from '../store/invoices/invoice-line-row.ts';
import { findLine, ratedTerms } from '../store/invoices/invoice-lines.ts';
import { findInvoice } from '../store/invoices/invoices.ts';
import type { InvoiceRow } from '../store/schema.ts';
import { factsOfLine, type LineFact } from '../store/usage/line-facts.ts';
import { usageBilledBy } from './billed-usage.ts';
import { invoiceLineView } from './invoice-view.ts';
import { unknownInvoice } from './show-invoices.ts';

type Answer = RequestOutput<typeof invoicing.getLineEvidence>;
type Observed = RequestOutput<typeof metering.showEvidence>['items'][number];

/** How many facts are requested at the same time. */
const concurrency = 8;

/**
 * Shows the terms that a line was priced by, the usage facts it bills, and through metering the observations behind them. If
 * metering does not answer, only the observations are missing.
 */
export async function showLineEvidence({ input, actor }: ReadRequest<typeof invoicing.getLineEvidence>, ctx: Context) {
  const invoice = await findInvoice(ctx.db, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  const line = await findLine(ctx.db, { invoiceId: invoice.invoice_id, lineId: input.line_id });
  if (line === undefined) return refuse('not-found', `Invoice ${invoice.number} has no line ${input.line_id}.`);
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  const facts = await billedFacts(ctx, invoice, line, { after: after?.[0] ?? null, limit: input.limit });
  const page = cutPage(facts, {
    limit: input.limit,
    keyOf: ({ period_start }) => [period_start],
    itemOf: (fact) => fact,
  });
  const observed = await observationsOf(ctx, actor, page.items, line.resource_kind);
  const billed = await billedLines(ctx, invoice, line);
  return {
    invoice_id: invoice.invoice_id,
    line: invoiceLineView(line),
    terms: await termsOf(ctx, line),
    has_observations: observed !== null,
    bill_lines: billed.lines,
    bill_line_count: billed.count,
    items: page.items.map((fact) => evidenceOf(fact, observed ?? [])),
    next_cursor: page.next_cursor,
  };
}

/** How many lines of the provider's bill an answer shows. */
const shownBillLines = 200;

/** The lines of the provider's bill that a line passes through, or corrects. */
const billedLines = async (ctx: Context, invoice: InvoiceRow, line: InvoiceLineRow) => {
  const { deployment_id: deploymentId, resource_kind: kind, line_key, adjusts_key, adjusts_period } = line;
  if (deploymentId === null || kind === null || !isPassedThrough(adjusts_key ?? line_key))
    return { lines: [], count: 0 };
  const period = adjusts_period ?? invoice.period;
  return billLinesOf(ctx.db, { tenantId: invoice.tenant_id, period, deploymentId, kind, limit: shownBillLines });
};

/** The facts that a line bills. */
const billedFacts = async (
  ctx: Context,
  invoice: InvoiceRow,
  line: InvoiceLineRow,
  page: { after: string | null; limit: number },
): Promise<LineFact[]> => {
  const usage = usageBilledBy(invoice, line);
  return usage === null ? [] : factsOfLine(ctx.db, { ...page, ...usage });
};

const termsOf = async (ctx: Context, line: InvoiceLineRow): Promise<Json> => {
  const { tax, ...terms } = await ratedTerms(ctx.db, {
    invoiceId: line.invoice_id,
    deploymentId: line.deployment_id,
  });
  return line.kind === 'tax' ? { tax } : terms;
};

const observationsOf = async (
  ctx: Context,
  actor: Actor,
  facts: readonly LineFact[],
  kind: string | null,
): Promise<Observed[] | null> => {
  const all: Observed[] = [];
  try {
    for (let from = 0; from < facts.length; from += concurrency) {
      const requests = facts
        .slice(from, from + concurrency)
        .map(({ deployment_id, period_start }) =>
          ctx.request(
            metering.showEvidence,
            { deployment_id, period_start, limit: 200, ...(kind === null ? {} : { kind }) },
            { actor, deadlineMs: 3_000 },
          ),
        );
      for (const answer of await Promise.all(requests)) if (!isRefusal(answer)) all.push(...answer.items);
    }
    return all;
  } catch (error) {
    if (error instanceof ServiceUnavailable) return null;
    throw error;
  }
};

const evidenceOf = (fact: LineFact, observed: readonly Observed[]): Answer['items'][number] => ({
  period: fact.period,
  deployment_id: fact.deployment_id,
  period_start: fact.period_start,
  period_end: fact.period_end,
  granularity: fact.granularity,
  revision: fact.revision,
  event_id: fact.event_id,
  stream: fact.stream,
  sequence: Number(fact.seq),
  lines: fact.lines.map((line) => {
    const found = observed.find(
      ({ period_start, resource_id, kind, dimension }) =>
        period_start === fact.period_start &&
        resource_id === line.resource_id &&
        kind === line.kind &&
        (dimension ?? undefined) === line.dimension,
    );
    return {
      resource_id: line.resource_id,
      resource_name: found?.resource_name ?? null,
      kind: line.kind,
      ...(line.dimension === undefined ? {} : { dimension: line.dimension }),
      unit_seconds: line.unit_seconds,
      divisor: line.divisor,
      observation_revisions: line.observations,
      observations: found?.observations ?? [],
      reports: found?.reports ?? [],
    };
  }),
});
