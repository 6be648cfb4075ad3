import { Decimal, type Period, periodText } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import { providerOf, readItems } from '../clients/provider.ts';
import type { Context, Tx } from '../context.ts';
import { type CostLine, CostLines, type LookUp, lineSpan, lookUpOf } from '../domain/cost-lines/cost-line.ts';
import { parseInstant } from '../domain/cost-lines/line-times.ts';
import { candidatesAmong, matchLine } from '../domain/cost-lines/match-line.ts';
import { type KindSum, replacePreview } from '../store/preview/preview.ts';
import { firstSyncAt, knownResources } from '../store/resources/known-resources.ts';

/** Fetches the invoice of the running month so far. It replaces the preview before it, and never becomes an invoice. */
export async function refreshPreview({ signal }: JobRun<object>, ctx: Context): Promise<void> {
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
}

type PreviewLine = CostLine & LookUp;

/** For each line, whether it matches a known resource. */
async function matchesOf(
  tx: Tx,
  { provider, period, lines }: { provider: string; period: Period; lines: readonly PreviewLine[] },
): Promise<boolean[]> {
  const resources = await knownResources(tx.sql, {
    provider,
    providerIds: [...new Set(lines.flatMap(({ provider_ids }) => provider_ids))],
    nameKeys: [...new Set(lines.flatMap(({ name_keys }) => name_keys))],
  });
  const candidates = candidatesAmong(resources);
  const context = { firstSyncAt: await firstSyncAt(tx.sql, provider), isTaken: () => false };
  return lines.map(
    (line) =>
      matchLine({ ...line, names: line.name_keys, span: lineSpan(line, period) }, candidates, context).resource_id !==
      null,
  );
}

function addTo(sums: Map<string, KindSum>, { kind, amount }: PreviewLine, isMatched: boolean): void {
  const sum = sums.get(kind) ?? { kind, lines: 0, matched: 0, amount: '0' };
  sums.set(kind, {
    kind,
    lines: sum.lines + 1,
    matched: sum.matched + (isMatched ? 1 : 0),
    amount: new Decimal(sum.amount).plus(amount).toFixed(),
  });
}
