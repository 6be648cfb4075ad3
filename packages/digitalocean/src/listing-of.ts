import { type KnownPages, type Listing, type ListingSpec, type Pages, readAll, readPages } from './listing.ts';
import type { QueryValue, Transport } from './transport.ts';

export interface ListingOptions {
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly perPage?: number;
  /** The next page is requested while the caller handles the present one. For callers that read to the end. */
  readonly isReadAhead?: boolean;
  /** Pages that the caller has handled: one that arrives again with the same text is recognised and not parsed. */
  readonly known?: KnownPages | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A listing that can be read page by page or as a whole. */
export interface ListingCalls<T> {
  pages(options?: ListingOptions): Pages<T>;
  list(options?: ListingOptions): Promise<Listing<T>>;
}

/** The two calls of a listing, from its description. */
export function listingOf<T>(transport: Transport, spec: ListingSpec<T>): ListingCalls<T> {
  const pages = ({ query, ...options }: ListingOptions = {}): Pages<T> =>
    readPages(transport, { ...spec, ...options, query: { ...spec.query, ...query } });
  return { pages, list: (options) => readAll(pages(options)) };
}
