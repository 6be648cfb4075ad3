import { z } from 'zod';
import type { QueryValue, Transport } from './transport.ts';

/** Why a listing may not hold everything there is. */
export type IncompleteReason =
  /** Not read to its end by the caller. */
  | 'not-read'
  /** Fewer distinct items than the provider says there are. */
  | 'fewer-than-total'
  /** The provider did not say how many there are. */
  | 'no-total'
  /** The next page lies on another host, or has been read already. */
  | 'bad-next'
  /** A page came twice, of items that nothing identifies. */
  | 'repeated-page'
  /** Some items could not be understood; the others are there. */
  | 'unreadable-items'
  /** A page could not be had. */
  | 'failed';

/** Whether a listing was read whole. Nothing may be taken for gone by one that was not. */
export interface ListingOutcome {
  readonly distinctCount: number;
  /** The largest total any page named; null when none did. */
  readonly metaTotal: number | null;
  readonly pages: number;
  readonly unreadableCount: number;
  readonly complete: boolean;
  readonly reason?: IncompleteReason;
}

export interface Page<T> {
  /** Without those that an earlier page held already. */
  readonly items: readonly T[];
  readonly number: number;
  readonly metaTotal: number | null;
  /** What stands beside the list, unparsed. */
  readonly beside: Readonly<Record<string, unknown>>;
}

/** The pages of one listing, read as they are asked for; only ids are kept. */
export interface Pages<T> extends AsyncIterable<Page<T>> {
  /** Says `not-read` until the last page was taken. */
  outcome(): ListingOutcome;
}

/** A listing in one piece. */
export interface Listing<T> extends ListingOutcome {
  readonly items: readonly T[];
}

export interface ListingSpec<T> {
  readonly path: string;
  readonly key: string;
  readonly item: z.ZodType<T>;
  /** Absent where nothing identifies an item, and equal items may stand side by side: then each counts for itself. */
  readonly identify?: (item: T) => string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Listings that the provider never pages have neither links nor a total; an absent list is an empty one. */
  readonly isUnpaged?: boolean;
  readonly isInexact?: boolean;
  readonly perPage?: number;
  readonly signal?: AbortSignal | undefined;
}

const envelope = z.looseObject({
  links: z.looseObject({ pages: z.looseObject({ next: z.string().optional() }).nullish() }).nullish(),
  meta: z.looseObject({ total: z.int().optional() }).nullish(),
});

type Envelope = z.infer<typeof envelope>;

/** Reads a listing page by page, following the provider's own links on the provider's own host. A page that cannot be had throws. */
export function readPages<T>(transport: Transport, spec: ListingSpec<T>): Pages<T> {
  const seen = new Set<string>();
  let unidentified = 0;
  let metaTotal: number | null = null;
  let pages = 0;
  let unreadableCount = 0;
  let hasRepeated = false;
  let ended: IncompleteReason | 'whole' = 'not-read';

  async function* read(): AsyncGenerator<Page<T>> {
    const visited = new Set<string>();
    let former = '';
    let path: string | undefined = spec.path;
    let query: ListingSpec<T>['query'] =
      spec.isUnpaged === true ? spec.query : { ...spec.query, per_page: spec.perPage ?? 200 };
    ended = 'failed';
    while (path !== undefined) {
      visited.add(path);
      const body: Envelope = await transport.json(
        { path, ...(query === undefined ? {} : { query }), isInexact: spec.isInexact === true, signal: spec.signal },
        envelope.refine((answer) => spec.isUnpaged === true || listIn(answer, spec.key) !== undefined, {
          error: `no ${spec.key} in it`,
        }),
      );
      pages += 1;
      const { total } = body.meta ?? {};
      if (total !== undefined) metaTotal = Math.max(metaTotal ?? 0, total);
      const items: T[] = [];
      const list = listIn(body, spec.key) ?? [];
      const isRepeated = spec.identify === undefined && pages > 1 && list.length > 0 && JSON.stringify(list) === former;
      former = spec.identify === undefined ? JSON.stringify(list) : '';
      for (const raw of isRepeated ? [] : list) {
        const parsed = spec.item.safeParse(raw);
        if (!parsed.success) {
          unreadableCount += 1;
          continue;
        }
        const identity = spec.identify?.(parsed.data);
        if (identity === undefined) unidentified += 1;
        else if (seen.has(identity)) continue;
        else seen.add(identity);
        items.push(parsed.data);
      }
      hasRepeated ||= isRepeated;
      const next = body.links?.pages?.next;
      const isGoodNext = next === undefined || (isOnHost(transport.baseUrl, next) && !visited.has(next));
      path = isGoodNext ? next : undefined;
      query = undefined;
      if (path === undefined) ended = isGoodNext ? 'whole' : 'bad-next';
      yield { items, number: pages, metaTotal: total ?? null, beside: body };
    }
  }

  return {
    [Symbol.asyncIterator]: read,
    outcome: () => {
      const counts = { distinctCount: seen.size + unidentified, metaTotal, pages, unreadableCount };
      const short = hasRepeated ? 'repeated-page' : shortfall(counts, spec.isUnpaged === true);
      const reason = ended !== 'whole' ? ended : short;
      return reason === undefined ? { ...counts, complete: true } : { ...counts, complete: false, reason };
    },
  };
}

/** Reads all pages of a listing. A page that cannot be had throws: there is then no listing at all. */
export async function readAll<T>(pages: Pages<T>): Promise<Listing<T>> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page.items);
  return { items, ...pages.outcome() };
}

function shortfall(
  counts: { distinctCount: number; metaTotal: number | null; unreadableCount: number },
  isUnpaged: boolean,
): IncompleteReason | undefined {
  if (counts.unreadableCount > 0) return 'unreadable-items';
  if (counts.metaTotal === null) return isUnpaged ? undefined : 'no-total';
  return counts.distinctCount < counts.metaTotal ? 'fewer-than-total' : undefined;
}

/** The list in an answer: an array, or the values of a map where the provider answers one. */
function listIn(body: Envelope, key: string): readonly unknown[] | undefined {
  const list = body[key];
  if (Array.isArray(list)) return list;
  if (list === null) return [];
  return typeof list === 'object' ? Object.values(list) : undefined;
}

function isOnHost(baseUrl: string, url: string): boolean {
  return URL.canParse(url) && new URL(url).origin === new URL(baseUrl).origin;
}
