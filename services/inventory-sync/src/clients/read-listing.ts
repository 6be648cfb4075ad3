import { type IncompleteReason, type Pages, ProviderError } from '@arcadia/digitalocean';
import { type Clock, errorText } from '@arcadia/platform';
import type { Listed } from '../domain/resources/resource.ts';
import type { Listing, ListingEnd } from './listing.ts';

/** A listing in our terms. Items that cannot be described are left out, and then the listing is not complete. */
export const described =
  <T>(ctx: { clock: Clock }, start: (signal: AbortSignal) => Pages<T>, describe: (item: T) => Listed): Listing =>
  async (onPage, signal) => {
    let unreadable = 0;
    const describeItem = (item: T): Listed[] => {
      try {
        return [describe(item)];
      } catch {
        unreadable += 1;
        return [];
      }
    };
    const end = await readThrough(start(signal), ctx, { each: describeItem, onBatch: onPage });
    return unreadable === 0
      ? end
      : { ...end, isComplete: false, detail: `${unreadable} items could not be understood` };
  };

/** The provider's pages are small; this many items are stored with one statement. */
const batchSize = 1_000;
/** Batches that are stored at once, while the next is fetched. */
const inFlight = 3;

/**
 * Passes the items of all pages on, one batch at a time. `seenAt` is taken before the first page of a batch is requested, so the
 * batch is at least that recent. However many pages there are, at most four batches are in memory, and of a page only what `each`
 * returns for its items.
 */
export async function readThrough<T, Kept>(
  pages: Pages<T>,
  { clock }: { clock: Clock },
  { each, onBatch }: { each: (item: T) => Kept[]; onBatch: (items: Kept[], seenAt: Temporal.Instant) => Promise<void> },
): Promise<ListingEnd> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const pass = async (items: Kept[], seenAt: Temporal.Instant): Promise<void> => {
    const done: Promise<void> = onBatch(items, seenAt)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(done));
    running.add(done);
    if (running.size >= inFlight) await Promise.race(running);
    if (failures.length > 0) throw failures[0];
  };
  let batch: Kept[] = [];
  let seenAt = clock.now();
  try {
    for await (const page of pages) {
      for (const item of page.items) batch.push(...each(item));
      if (batch.length < batchSize) continue;
      await pass(batch, seenAt);
      batch = [];
      seenAt = clock.now();
    }
    await pass(batch, seenAt);
  } finally {
    // A listing that fails leaves no batch running.
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
  return endOf(pages);
}

const endOf = <T>(pages: Pages<T>): ListingEnd => {
  const outcome = pages.outcome();
  return {
    isComplete: outcome.complete,
    count: outcome.distinctCount,
    total: outcome.metaTotal,
    detail: outcome.complete ? null : explain(outcome.reason, outcome),
  };
};

export const explain = (
  reason: IncompleteReason | undefined,
  {
    distinctCount,
    metaTotal,
    unreadableCount,
  }: { distinctCount: number; metaTotal: number | null; unreadableCount: number },
): string => {
  if (reason === 'fewer-than-total') return `the listing showed ${distinctCount} of ${metaTotal}`;
  if (reason === 'no-total') return 'the provider gave no total';
  if (reason === 'bad-next') return 'the link to the next page leads to another host or to a page already read';
  if (reason === 'unreadable-items') return `${unreadableCount} items could not be understood`;
  return `the listing was cut short (${reason ?? 'unknown'})`;
};

/** A project that is deleted while its members are listed makes the listing incomplete. */
export const incompleteIfNotFound = async (listing: Promise<ListingEnd>): Promise<ListingEnd> => {
  try {
    return await listing;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 404) throw error;
    return { isComplete: false, count: 0, total: null, detail: errorText(error) };
  }
};

/** An endpoint that the account does not have is a complete listing without items. */
export const emptyIfNotFound =
  (listing: Listing): Listing =>
  async (onPage, signal) => {
    try {
      return await listing(onPage, signal);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.status !== 404) throw error;
      return { isComplete: true, count: 0, total: 0, detail: null };
    }
  };
