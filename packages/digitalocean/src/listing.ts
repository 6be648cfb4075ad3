import { hash } from 'node:crypto';
import { z } from 'zod';
import { neededCount } from './fields.ts';
import { type ApiRequest, type QueryValue, type Transport, targetOf } from './transport.ts';

/** Why a listing may lack items. */
export type IncompleteReason =
  /** The caller did not read it to its end. */
  | 'not-read'
  /** It has fewer distinct items than the provider's total. */
  | 'fewer-than-total'
  /** The provider gave no total. */
  | 'no-total'
  /** The next page is on another host, or has been read already. */
  | 'bad-next'
  /** A page of items without identity arrived twice. */
  | 'repeated-page'
  /** Some items could not be parsed and were left out. */
  | 'unreadable-items'
  /** A page could not be fetched. */
  | 'failed';

/** Whether a listing is complete. Never treat a resource as deleted because an incomplete listing lacks it. */
export interface ListingOutcome {
  readonly distinctCount: number;
  /** The largest total that a page gave; null if no page gave one. */
  readonly metaTotal: number | null;
  readonly pages: number;
  readonly unreadableCount: number;
  /** The first items that could not be parsed, each with its id, its name and the field at fault. */
  readonly unreadable: readonly string[];
  readonly complete: boolean;
  readonly reason?: IncompleteReason;
}

/** What a page held, by which it is recognised when it arrives again with the same text. */
export interface PageMark {
  /** The path of the page with its query. */
  readonly place: string;
  /** A hash of the text of the page. */
  readonly fingerprint: string;
  readonly identities: readonly string[];
  readonly next: string | null;
  readonly total: number | null;
}

export interface Page<T> {
  /** Without the items that an earlier page held already; none if the page is known. */
  readonly items: readonly T[];
  /** Null if the page cannot be recognised: some items were left out, or have no identity, or the caller knows no pages. */
  readonly mark: PageMark | null;
  /** Reads the items of a page that was recognised; null if it was not. */
  readonly readKnown: (() => readonly T[]) | null;
  readonly number: number;
  readonly metaTotal: number | null;
  /** Its items are as recent as this, or more so. */
  readonly requestedAt: Temporal.Instant;
  /** The whole response body, unparsed. */
  readonly beside: Readonly<Record<string, unknown>>;
}

/** The pages of one listing, requested one after another; only ids are kept in memory. */
export interface Pages<T> extends AsyncIterable<Page<T>> {
  /** The reason is `not-read` until the last page has been read. */
  outcome(): ListingOutcome;
}

/** A whole listing. */
export interface Listing<T> extends ListingOutcome {
  readonly items: readonly T[];
}

export interface ListingSpec<T> {
  readonly path: string;
  readonly key: string;
  readonly item: z.ZodType<T>;
  /** Absent if items have no identity and may be equal: then each item counts. */
  readonly identify?: (item: T) => string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** The provider never pages this listing, so it has neither links nor a total; an absent list is empty. */
  readonly isUnpaged?: boolean;
  readonly isInexact?: boolean;
  readonly perPage?: number;
  /** The next page is requested while the caller handles the present one. For callers that read to the end: otherwise a request is wasted. */
  readonly isReadAhead?: boolean;
  /** Pages that the caller has handled, by place: one that arrives again with the same text is recognised and not parsed. */
  readonly known?: KnownPages | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type KnownPages = ReadonlyMap<string, PageMark>;

const envelope = z.looseObject({
  links: z
    .looseObject({ pages: z.looseObject({ next: z.string().nullish() }).nullish().catch(null) })
    .nullish()
    .catch(null),
  meta: z.looseObject({ total: neededCount }).nullish(),
});

type Envelope = z.infer<typeof envelope>;

/** Reads a listing page by page, following the provider's links on the provider's own host. Throws if a page cannot be fetched. */
export function readPages<T>(transport: Transport, spec: ListingSpec<T>): Pages<T> {
  const reader = itemReader(spec);
  let metaTotal: number | null = null;
  let pages = 0;
  let ended: IncompleteReason | 'whole' = 'not-read';

  async function* read(): AsyncGenerator<Page<T>> {
    const visited = new Set<string>();
    const abandoned = new AbortController();
    const signal = spec.signal === undefined ? abandoned.signal : AbortSignal.any([spec.signal, abandoned.signal]);
    const request = (path: string, query?: ListingSpec<T>['query']): Requested => {
      visited.add(path);
      return { requestedAt: transport.now(), answer: requestPage(transport, { ...spec, path, signal }, query) };
    };
    ended = 'failed';
    try {
      let requested: Requested | undefined = request(
        spec.path,
        spec.isUnpaged === true ? spec.query : { ...spec.query, per_page: spec.perPage ?? 200 },
      );
      while (requested !== undefined) {
        const { requestedAt } = requested;
        const answer: Answer = await requested.answer;
        pages += 1;
        const { total, next } = endsOf(answer);
        if (total !== null) metaTotal = Math.max(metaTotal ?? 0, total);
        const isGoodNext: boolean = next === null || (isOnHost(transport.baseUrl, next) && !visited.has(next));
        const target = next !== null && isGoodNext ? next : undefined;
        const ahead = target !== undefined && spec.isReadAhead === true ? request(target) : undefined;
        // A page that fails is reported where it is read.
        ahead?.answer.catch(() => undefined);
        const content = contentOf(answer, { spec, reader, isFirst: pages === 1 });
        if (target === undefined) ended = isGoodNext ? 'whole' : 'bad-next';
        yield { ...content, number: pages, metaTotal: total, requestedAt };
        requested = target === undefined ? undefined : (ahead ?? request(target));
      }
    } finally {
      abandoned.abort();
    }
  }

  return {
    [Symbol.asyncIterator]: read,
    outcome: () => {
      const { hasRepeated, ...read } = reader.counts();
      const counts = { ...read, metaTotal, pages };
      const short = hasRepeated ? 'repeated-page' : shortfall(counts, spec.isUnpaged === true);
      const reason = ended !== 'whole' ? ended : short;
      return reason === undefined ? { ...counts, complete: true } : { ...counts, complete: false, reason };
    },
  };
}

type Requested = { requestedAt: Temporal.Instant; answer: Promise<Answer> };

/** A page as it arrived; `known`: as it was when it arrived before, and then it is not parsed unless its body is asked for. */
type Answer = { place: string; fingerprint: string | null; known: PageMark | null; body: () => Envelope };

function requestPage<T>(
  transport: Transport,
  { path, signal, ...spec }: ListingSpec<T>,
  query: ListingSpec<T>['query'],
): Promise<Answer> {
  const request: ApiRequest = {
    path,
    ...(query === undefined ? {} : { query }),
    isInexact: spec.isInexact === true,
    signal,
  };
  const { pathname, search } = targetOf(transport.baseUrl, request);
  const place = pathname + search;
  const schema = envelope.refine((answer) => spec.isUnpaged === true || listIn(answer, spec.key) !== undefined, {
    error: `the response has no ${spec.key}`,
  });
  return transport.text(request, schema, (text, parse) => {
    const fingerprint = spec.known === undefined ? null : hash('sha256', text, 'base64url');
    const known = spec.known?.get(place);
    if (known !== undefined && known.fingerprint === fingerprint) return { place, fingerprint, known, body: parse };
    const body = parse();
    return { place, fingerprint, known: null, body: () => body };
  });
}

function endsOf({ known, body }: Answer): { total: number | null; next: string | null } {
  if (known !== null) return known;
  const { links, meta } = body();
  return { total: meta?.total ?? null, next: links?.pages?.next ?? null };
}

function contentOf<T>(
  answer: Answer,
  { spec, reader, isFirst }: { spec: ListingSpec<T>; reader: ReturnType<typeof itemReader<T>>; isFirst: boolean },
): Pick<Page<T>, 'items' | 'mark' | 'readKnown' | 'beside'> {
  const { place, fingerprint, known, body } = answer;
  if (known !== null) {
    reader.recognise(known.identities);
    // It was parsed without a fault when it arrived before.
    const readKnown = () => (listIn(body(), spec.key) ?? []).map((item) => spec.item.parse(item));
    return { items: [], mark: known, readKnown, beside: {} };
  }
  const list = listIn(body(), spec.key) ?? [];
  const items = reader.read(list, isFirst);
  const isWhole = fingerprint !== null && items.length === list.length;
  const identities = isWhole && spec.identify !== undefined ? items.map(spec.identify) : null;
  const mark = isWhole && identities !== null ? { place, fingerprint, identities, ...endsOf(answer) } : null;
  return { items, mark, readKnown: null, beside: body() };
}

/** Parses the items of one page after another; an item whose identity an earlier page held already is left out. */
function itemReader<T>(spec: ListingSpec<T>) {
  const seen = new Set<string>();
  const unreadable: string[] = [];
  let unidentified = 0;
  let unreadableCount = 0;
  let hasRepeated = false;
  let former = '';
  return {
    read(list: readonly unknown[], isFirst: boolean): T[] {
      const text = spec.identify === undefined ? JSON.stringify(list) : '';
      const isRepeated = spec.identify === undefined && !isFirst && list.length > 0 && text === former;
      hasRepeated ||= isRepeated;
      former = text;
      const items: T[] = [];
      for (const raw of isRepeated ? [] : list) {
        const parsed = spec.item.safeParse(raw);
        if (!parsed.success) {
          unreadableCount += 1;
          if (unreadable.length < longestUnreadable) unreadable.push(describeUnreadable(raw, parsed.error));
          continue;
        }
        const identity = spec.identify?.(parsed.data);
        if (identity === undefined) unidentified += 1;
        else if (seen.has(identity)) continue;
        else seen.add(identity);
        items.push(parsed.data);
      }
      return items;
    },
    /** Counts the items of a page that is known. */
    recognise(identities: readonly string[]): void {
      for (const identity of identities) seen.add(identity);
    },
    counts: () => ({ distinctCount: seen.size + unidentified, unreadableCount, unreadable, hasRepeated }),
  };
}

/** The most unreadable items that a listing names. */
const longestUnreadable = 5;

const readableText = (value: unknown): string | null =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value).slice(0, 100) : null;

/** Fields that identify an item of some listing, and fields that name it. */
const identifying = ['id', 'uuid', 'ip', 'urn', 'slug', 'invoice_uuid', 'resource_uuid', 'resource_id', 'droplet_id'];
const naming = ['name', 'description'];

/** The id, the name and the first field at fault of an item that could not be parsed. */
function describeUnreadable(raw: unknown, error: z.ZodError): string {
  const item: Readonly<Record<string, unknown>> = typeof raw === 'object' && raw !== null ? { ...raw } : {};
  const firstOf = (fields: readonly string[]) =>
    fields.map((field) => readableText(item[field])).find((text) => text !== null);
  const id = firstOf(identifying) ?? 'without an id';
  const name = firstOf(naming) ?? null;
  const issue = error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? '' : `: ${issue.path.map(String).join('.')}`;
  return `${id}${name === null ? '' : ` (${name})`}${field}${issue === undefined ? '' : `: ${issue.message}`}`;
}

/** Reads all pages of a listing. Throws if a page cannot be fetched. */
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

/** The list in a response: an array, or the values of a map if the provider sends one. */
function listIn(body: Envelope, key: string): readonly unknown[] | undefined {
  const list = body[key];
  if (Array.isArray(list)) return list;
  if (list === null) return [];
  return typeof list === 'object' ? Object.values(list) : undefined;
}

function isOnHost(baseUrl: string, url: string): boolean {
  return URL.canParse(url) && new URL(url).origin === new URL(baseUrl).origin;
}
