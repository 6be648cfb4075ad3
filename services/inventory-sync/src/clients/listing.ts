import type { KnownPages, PageMark } from '@arcadia/digitalocean';
import type { Listed } from '../domain/resources/resource.ts';

/** The end of a listing. It is complete if every page arrived and held as many distinct items as the provider's total. */
export type ListingEnd = {
  isComplete: boolean;
  count: number;
  total: number | null;
  /** Why it is not complete; null if it is. */
  detail: string | null;
};

/** The pages that a batch consists of, as far as they can be recognised when they arrive again. */
export type BatchPages<Kept = Listed> = {
  /** Pages that were read: their items are those of the batch from the index `from` to before `to`. */
  read: { mark: PageMark; from: number; to: number }[];
  /** Pages that were recognised and not read. */
  known: { mark: PageMark; read: () => Kept[] | Promise<Kept[]> }[];
};

export type OnPage = (items: Listed[], seenAt: Temporal.Instant, pages?: BatchPages) => Promise<void>;

/**
 * Lists all resources of one kind page by page and resolves to the end of the listing. Rejects if the provider does not answer.
 * `known`: pages that were handled before; one that arrives unchanged is passed on without its items.
 */
export type Listing = (onPage: OnPage, signal: AbortSignal, known?: KnownPages) => Promise<ListingEnd>;

/** Two listings of one kind: complete if both are. */
export const both =
  (first: Listing, second: Listing): Listing =>
  async (onPage, signal, known) => {
    const ends = [await first(onPage, signal, known), await second(onPage, signal, known)];
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
