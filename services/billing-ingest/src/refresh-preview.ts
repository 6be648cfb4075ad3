import { canonicalDecimal, Decimal, type Period, periodText, refuse } from '@arcadia/contracts';
import { job } from '@arcadia/platform';
import { z } from 'zod';
import { providerOf, readItems } from './clients/provider.ts';
import type { Config } from './config.ts';
import type { BillingContext, BillingTx } from './context.ts';
import { type CostLine, CostLines, type LookUp, lineSpan, lookUpOf } from './domain/cost-line.ts';
import { parseInstant } from './domain/line-times.ts';
import { candidatesAmong, matchLine } from './domain/match-line.ts';
import { providerQueue } from './ingest-invoice.ts';
import { firstSyncAt, knownResources } from './store/known-resources.ts';
import { type KindSum, previewSums, replacePreview } from './store/preview.ts';
import type { Database } from './store/schema.ts';

const input = z.object({});

/** The running month so far. It replaces the preview before it, and never becomes an invoice. */
export const refreshPreviewJob = job<typeof input, Database, Config>({
  ...providerQueue,
  name: 'refresh-preview',
  maxAttempts: 5,
  input,
  key: () => 'all',
  schedule: { cron: '41 4 * * *', input: () => ({}), catchUp: 'newest' },
  run: async ({ signal }, ctx) => refreshPreview(ctx, signal),
});

const refreshPreview = async (ctx: BillingContext, signal: AbortSignal): Promise<void> => {
  const provider = providerOf(ctx);
  if (provider === null) return;
  const header = await provider.billing.invoices.preview(signal);
  if (header === null) return;
  const { name, currency } = ctx.config.provider;
  const period = periodText.parse(header.invoice_period);
  const items = readItems(provider, 'preview', signal);
  const read = new CostLines(currency);
  const sums = new Map<string, KindSum>();
  for await (const batch of items.batches) {
    const lines = batch.map((line) => read.take(line)).map((line) => ({ ...line, ...lookUpOf(line) }));
    const isMatched = await ctx.transact((tx) => matchesOf(tx, { provider: name, period, lines }));
    for (const [index, line] of lines.entries()) addTo(sums, line, isMatched[index] === true);
  }
  const preview = {
    provider: name,
    invoice_uuid: header.invoice_uuid,
    period,
    currency,
    amount: header.amount,
    updated_at: parseInstant(header.updated_at)?.toString() ?? null,
    fetched_at: ctx.clock.now().toString(),
  };
  await ctx.transact((tx) => replacePreview(tx.sql, preview, [...sums.values()]));
};

type PreviewLine = CostLine & LookUp;

/** Which lines inventory knows a resource for. */
const matchesOf = async (
  tx: BillingTx,
  { provider, period, lines }: { provider: string; period: Period; lines: readonly PreviewLine[] },
): Promise<boolean[]> => {
  const resources = await knownResources(tx.sql, {
    provider,
    providerIds: [...new Set(lines.flatMap(({ provider_ids }) => provider_ids))],
    nameKeys: [...new Set(lines.flatMap(({ name_keys }) => name_keys))],
  });
  const candidates = candidatesAmong(resources);
  const context = { firstSyncAt: await firstSyncAt(tx.sql, provider), taken: () => false };
  return lines.map(
    (line) =>
      matchLine({ ...line, names: line.name_keys, span: lineSpan(line, period) }, candidates, context).resource_id !==
      null,
  );
};

const addTo = (sums: Map<string, KindSum>, { kind, amount }: PreviewLine, isMatched: boolean): void => {
  const sum = sums.get(kind) ?? { kind, lines: 0, matched: 0, amount: '0' };
  sums.set(kind, {
    kind,
    lines: sum.lines + 1,
    matched: sum.matched + (isMatched ? 1 : 0),
    amount: new Decimal(sum.amount).plus(amount).toFixed(),
  });
};

export const showPreview = async (_asked: unknown, ctx: BillingContext) => {
  const preview = await ctx.db.selectFrom('cloud_invoice_previews').selectAll().executeTakeFirst();
  if (preview === undefined)
    return refuse('not-found', 'No month-to-date preview has been fetched yet; that is done once a day.');
  const sums = await previewSums(ctx.db, preview.provider);
  return {
    ...preview,
    amount: canonicalDecimal(preview.amount),
    lines: sums.reduce((total, { lines }) => total + lines, 0),
    by_kind: sums.map(({ amount, ...rest }) => ({ ...rest, amount: canonicalDecimal(amount) })),
  };
};
