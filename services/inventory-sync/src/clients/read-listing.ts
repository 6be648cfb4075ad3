import { type IncompleteReason, type KnownPages, type Page, type Pages, ProviderError } from '@arcadia/digitalocean';
import { errorText } from '@arcadia/platform';
import { z } from 'zod';
import type { Listed } from '../domain/resources/resource.ts';
import type { BatchPages, Listing, ListingEnd } from './listing.ts';

/** The id and the name of an item of the provider, for a message. */
const identityOf = (item: unknown): string => {
  const text = z.string().optional();
  const known = z.looseObject({ id: text, ip: text, uuid: text, name: text });
  const { id, ip, uuid, name } = known.safeParse(item).data ?? {};
  return [id ?? ip ?? uuid ?? name ?? 'an item without an id', id !== undefined && name ? ` (${name})` : ''].join('');
};

/**
 * A listing in our terms. Items that cannot be described are left out, and then the listing is not complete; an item that is described
 * as null belongs to another kind.
 */
export const described =
  <T>(start: (signal: AbortSignal, known?: KnownPages) => Pages<T>, describe: (item: T) => Listed | null): Listing =>
  async (onPage, signal, known) => {
    const unreadable: string[] = [];
    let others = 0;
    const describeItem = (item: T): Listed[] => {
      try {
        const listed = describe(item);
        if (listed === null) others += 1;
        return listed === null ? [] : [listed];
      } catch (error) {
        unreadable.push(`${identityOf(item)}: ${errorText(error)}`);
        return [];
      }
    };
    const whole = await readThrough(start(signal, known), { each: describeItem, onBatch: onPage });
    const end = { ...whole, count: whole.count - others, total: whole.total === null ? null : whole.total - others };
    if (unreadable.length === 0) return end;
    const own = unreadableText(unreadable.length, unreadable.slice(0, 5));
    return { ...end, isComplete: false, detail: end.detail === null ? own : `${end.detail}; ${own}` };
  };

/**
 * The provider's pages are small; this many items are stored with one statement. The first batches are smaller, so that the database has
 * work soon.
 */
const batchSize = { first: 200, most: 1_000 };
/** Batches that are stored at once, while the next is fetched. */
const inFlight = 3;

/**
 * Passes the items of all pages on, one batch at a time. `seenAt` is when the first page of a batch was requested, so the batch is
 * at least that recent. However many pages there are, at most four batches are in memory, and of a page only what `each`
 * returns for its items, or its text if it was recognised.
 */
export async function readThrough<T, Kept>(
  pages: Pages<T>,
  { each, onBatch }: { each: (item: T) => Kept[]; onBatch: OnBatch<Kept> },
): Promise<ListingEnd> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const pass = async ({ items, seenAt, pages: held }: Batch<Kept>): Promise<void> => {
    const done: Promise<void> = onBatch(items, seenAt, held)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(done));
    running.add(done);
    if (running.size >= inFlight) await Promise.race(running);
    if (failures.length > 0) throw failures[0];
  };
  let batch: Batch<Kept> | null = null;
  let enough = batchSize.first;
  try {
    for await (const page of pages) {
      batch ??= { items: [], seenAt: page.requestedAt, pages: { read: [], known: [] }, size: 0 };
      addPage(batch, page, each);
      if (batch.size < enough) continue;
      enough = Math.min(2 * enough, batchSize.most);
      await pass(batch);
      batch = null;
    }
    if (batch !== null) await pass(batch);
  } finally {
    // A listing that fails leaves no batch running.
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
  return endOf(pages);
}

type OnBatch<Kept> = (items: Kept[], seenAt: Temporal.Instant, pages: BatchPages<Kept>) => Promise<void>;
type Batch<Kept> = { items: Kept[]; seenAt: Temporal.Instant; pages: BatchPages<Kept>; size: number };

function addPage<T, Kept>(batch: Batch<Kept>, { items, mark, readKnown }: Page<T>, each: (item: T) => Kept[]): void {
  if (mark !== null && readKnown !== null) {
    batch.pages.known.push({ mark, read: () => readKnown().flatMap(each) });
    batch.size += mark.identities.length;
    return;
  }
  const from = batch.items.length;
  for (const item of items) batch.items.push(...each(item));
  const to = batch.items.length;
  batch.size += to - from;
  // A page with an item that was left out is read again each time, because it makes its listing incomplete.
  if (mark !== null && to - from === items.length) batch.pages.read.push({ mark, from, to });
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

const unreadableText = (count: number, named: readonly string[]): string =>
  `${count} ${count === 1 ? 'item' : 'items'} could not be read: ${named.join('; ')}${named.length < count ? '; …' : ''}`;

export const explain = (
  reason: IncompleteReason | undefined,
  {
    distinctCount,
    metaTotal,
    unreadableCount,
    unreadable,
  }: { distinctCount: number; metaTotal: number | null; unreadableCount: number; unreadable: readonly string[] },
): string => {
  if (reason === 'fewer-than-total') return `the listing showed ${distinctCount} of ${metaTotal}`;
  if (reason === 'no-total') return 'the provider gave no total';
  if (reason === 'bad-next') return 'the link to the next page leads to another host or to a page already read';
  if (reason === 'unreadable-items') return unreadableText(unreadableCount, unreadable);
  return `the listing was cut short (${reason ?? 'unknown'})`;
};

/** A project that is deleted while its members are listed makes the listing incomplete. */
export const incompleteIfNotFound = async (listing: Promise<ListingEnd>): Promise<ListingEnd> => {
  try {
    return await listing;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { isComplete: false, count: 0, total: null, detail: errorText(error) };
  }
};

/**
 * A listing of what belongs to a resource, such as the backups of a droplet, is empty once the resource is gone. Never used for a
 * listing of the whole account: that one is refused (decision 0058).
 */
export const emptyIfNotFound =
  (listing: Listing): Listing =>
  async (onPage, signal) => {
    try {
      return await listing(onPage, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return { isComplete: true, count: 0, total: 0, detail: null };
    }
  };

/** Whether the provider has no such listing. */
export const isNotFound = (error: unknown): boolean => error instanceof ProviderError && error.status === 404;

/**
 * A part of a kind's listing that the provider does not have everywhere: a 404 is an empty part while the inventory holds none of its
 * resources, and a failure as soon as it does (decision 0058).
 */
export const notOfferedUnless =
  (isKnown: () => Promise<boolean>, listing: Listing): Listing =>
  async (onPage, signal, known) => {
    try {
      return await listing(onPage, signal, known);
    } catch (error) {
      if (!isNotFound(error) || (await isKnown())) throw error;
      return { isComplete: true, count: 0, total: 0, detail: null };
    }
  };
