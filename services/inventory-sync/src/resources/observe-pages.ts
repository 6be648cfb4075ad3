import { randomUUID } from 'node:crypto';
import type { KnownPages } from '@arcadia/digitalocean';
import { isRetryable } from '@arcadia/platform';
import type { BatchPages } from '../clients/listing.ts';
import type { Context } from '../context.ts';
import type { Listed } from '../domain/resources/resource.ts';
import { keepPages, readPages, touchPages, unchangedPages } from '../store/resources/listed-pages.ts';
import { type Observed, observeBatch, type Page, type Shown } from './observe-batch.ts';

/**
 * Pages are recognised only by the process that read them: another one may run a version that reads more from the same text
 * (decision 0088).
 */
const reader = randomUUID();

/** After this time a page is read again even if it is unchanged. */
export const recognisedFor = { hours: 24 };

/** The pages of a kind that this process has handled. */
export const knownPages = (ctx: Context, { kind, isAny }: { kind: string; isAny: boolean }): Promise<KnownPages> =>
  isAny
    ? readPages(ctx.db, { reader, kind, since: ctx.clock.now().subtract(recognisedFor) })
    : Promise.resolve(new Map());

/** A batch of a listing: the resources of pages that are recognised are only touched, everything else is observed. */
export async function observePages(
  ctx: Context,
  { kind, pages = { read: [], known: [] }, items, ...page }: Page & { kind: string; pages?: BatchPages | undefined },
): Promise<Observed> {
  const changed = await changedPages(ctx, { kind, known: pages.known, page });
  const older = await itemsOf(changed);
  // Where pages shift, an item that was read comes before the same item of a page that was recognised.
  const all = [...older, ...items];
  if (all.length === 0) return { discovered: 0, changed: 0, movedIds: [] };
  const { shown, ...observed } = await observeBatch(ctx, { ...page, items: all });
  // Of a batch in which a resource is listed twice no page is kept, so that it is read each time.
  if (shown.length === all.length && pages.read.length > 0)
    await rememberPages(ctx, { kind, read: pages.read, shown: shown.slice(older.length), at: page.seenAt });
  return observed;
}

/** The recognised pages of which a resource has another state by now: their text is the same, but what is known is not. */
async function changedPages(
  ctx: Context,
  {
    kind,
    known,
    page,
  }: { kind: string; known: BatchPages['known']; page: { sweep: string; seenAt: Temporal.Instant } },
): Promise<BatchPages['known']> {
  if (known.length === 0) return [];
  const given = { reader, kind, marks: known.map(({ mark }) => mark) };
  const unchanged = await touchPages(ctx.db, given, page).catch((error: unknown) => {
    // Two concurrent sweeps of one kind may lock the same rows in another order; a transaction is retried.
    if (!isRetryable(error)) throw error;
    return ctx.transact((tx) => touchPages(tx.sql, given, page));
  });
  return known.filter(({ mark }) => !unchanged.has(mark.place));
}

/** The items of recognised pages of which a resource has another state by now; nothing is touched. */
export async function itemsOfChangedPages(
  ctx: Context,
  { kind, known }: { kind: string; known: BatchPages['known'] },
): Promise<Listed[]> {
  if (known.length === 0) return [];
  const unchanged = await unchangedPages(ctx.db, { reader, kind, marks: known.map(({ mark }) => mark) });
  return itemsOf(known.filter(({ mark }) => !unchanged.has(mark.place)));
}

const itemsOf = async (pages: BatchPages['known']): Promise<Listed[]> =>
  (await Promise.all(pages.map(async ({ read }) => read()))).flat();

const rememberPages = (
  ctx: Context,
  { kind, read, shown, at }: { kind: string; read: BatchPages['read']; shown: readonly Shown[]; at: Temporal.Instant },
): Promise<void> =>
  keepPages(ctx.db, {
    reader,
    kind,
    handledAt: at,
    pages: read.map(({ mark, from, to }) => ({ ...mark, shown: shown.slice(from, to) })),
  });
