import { canonicalDecimal, periodText, refuse } from '@arcadia/contracts';
import { job } from '@arcadia/platform';
import { z } from 'zod';
import { providerOf, readItems } from './clients/provider.ts';
import type { Config } from './config.ts';
import type { BillingContext } from './context.ts';
import { CostLines, lineSpan, lookUpOf } from './domain/cost-line.ts';
import { parseInstant } from './domain/line-times.ts';
import { candidatesAmong, matchLine } from './domain/match-line.ts';
import { providerQueue } from './ingest-invoice.ts';
import { firstSyncAt, knownResources } from './store/known-resources.ts';
import { previewSums, replacePreview } from './store/preview.ts';
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
  const items = await readItems(provider, 'preview', signal);
  const reader = new CostLines(currency);
  const lines = items.lines.map((line) => reader.take(line)).map((line) => ({ ...line, ...lookUpOf(line) }));
  await ctx.transact(async (tx) => {
    const resources = await knownResources(tx.sql, {
      provider: name,
      providerIds: [...new Set(lines.flatMap(({ provider_ids }) => provider_ids))],
      nameKeys: [...new Set(lines.flatMap(({ name_keys }) => name_keys))],
    });
    const candidates = candidatesAmong(resources);
    const context = { firstSyncAt: await firstSyncAt(tx.sql, name), taken: () => false };
    await replacePreview(
      tx.sql,
      {
        provider: name,
        invoice_uuid: header.invoice_uuid,
        period,
        currency,
        amount: header.amount,
        updated_at: parseInstant(header.updated_at)?.toString() ?? null,
        fetched_at: ctx.clock.now().toString(),
      },
      lines.map((line) => ({
        ...line,
        resource_id: matchLine({ ...line, names: line.name_keys, span: lineSpan(line, period) }, candidates, context)
          .resource_id,
      })),
    );
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
