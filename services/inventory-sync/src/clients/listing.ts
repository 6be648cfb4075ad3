import type { Listed } from '../domain/resources/resource.ts';

/** The end of a listing. It is complete if every page arrived and held as many distinct items as the provider's total. */
export type ListingEnd = {
  isComplete: boolean;
  count: number;
  total: number | null;
  /** Why it is not complete; null if it is. */
  detail: string | null;
};

export type OnPage = (items: Listed[], seenAt: Temporal.Instant) => Promise<void>;

/** Lists all resources of one kind page by page and resolves to the end of the listing. Rejects if the provider does not answer. */
export type Listing = (onPage: OnPage, signal: AbortSignal) => Promise<ListingEnd>;

/** Two listings of one kind: complete if both are. */
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
