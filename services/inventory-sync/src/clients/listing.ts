import type { Listed } from '../domain/resource.ts';

/** How a listing ended. Complete: every page came, and as many distinct things as the provider said there are. */
export type ListingEnd = {
  isComplete: boolean;
  count: number;
  total: number | null;
  /** Why it is not complete. */
  detail: string | null;
};

export type OnPage = (items: Listed[], seenAt: Temporal.Instant) => Promise<void>;

/** Shows everything of one kind, page by page, and then says how it ended; throws when the provider does not answer. */
export type Listing = (onPage: OnPage, signal: AbortSignal) => Promise<ListingEnd>;

/** Two listings that are one kind: complete when both are. */
export const both =
  (first: Listing, second: Listing): Listing =>
  async (onPage, signal) => {
    const ends = [await first(onPage, signal), await second(onPage, signal)];
    const totals = ends.map(({ total }) => total);
    return {
      isComplete: ends.every(({ isComplete }) => isComplete),
      count: ends.reduce((sum, { count }) => sum + count, 0),
      total: totals.some((total) => total === null)
        ? null
        : totals.reduce<number>((sum, total) => sum + (total ?? 0), 0),
      detail: ends.map(({ detail }) => detail).find((detail) => detail !== null) ?? null,
    };
  };
