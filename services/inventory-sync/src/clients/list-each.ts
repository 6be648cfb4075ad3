import type { Listed } from '../domain/resources/resource.ts';
import type { ListingEnd, OnPage } from './listing.ts';

/** The end of a listing that consists of many. `detail`: why it is not complete apart from them. */
export const wholeOf = (ends: readonly ListingEnd[], detail: string | null): ListingEnd => ({
  isComplete: detail === null && ends.every(({ isComplete }) => isComplete),
  count: ends.reduce((sum, { count }) => sum + count, 0),
  total: ends.some(({ total }) => total === null) ? null : ends.reduce((sum, { total }) => sum + (total ?? 0), 0),
  detail: detail ?? ends.find(({ detail }) => detail !== null)?.detail ?? null,
});

/** Requests that run at once. */
const atOnce = 3;

/** Runs the work for each item, a few at once. The first failure ends the others. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result[]> {
  const failed = new AbortController();
  const within = AbortSignal.any([signal, failed.signal]);
  const pending = items.values();
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (const item of pending) results.push(await work(item, within));
  };
  const workers = Array.from({ length: atOnce }, () =>
    worker().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.all(workers);
  return results;
}

const batchSize = 1_000;

/** Passes items on in batches. A batch is as recent as the oldest answer in it. */
export function collect(onPage: OnPage): { add: OnPage; flush: () => Promise<void> } {
  let batch: Listed[] = [];
  let oldest: Temporal.Instant | null = null;
  const flush = async (): Promise<void> => {
    if (oldest === null) return;
    const [items, seenAt] = [batch, oldest];
    [batch, oldest] = [[], null];
    await onPage(items, seenAt);
  };
  return {
    flush,
    add: async (items, seenAt) => {
      if (items.length === 0) return;
      batch.push(...items);
      oldest = oldest === null || Temporal.Instant.compare(seenAt, oldest) < 0 ? seenAt : oldest;
      if (batch.length >= batchSize) await flush();
    },
  };
}
