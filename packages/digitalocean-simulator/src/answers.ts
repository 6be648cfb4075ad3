import { Decimal } from 'decimal.js';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Fault } from './world-faults.ts';

/** The values that accompany a request through the simulator. */
export interface Env {
  Variables: { now: number; requestId: string; fault?: Fault };
}

export type SimulatorContext = Context<Env>;

/** A JSON number with the exact digits of the decimal, without a float in between. */
export function exactNumber(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(new Decimal(text).toFixed());
}

const messages = {
  bad_request: [400, 'error parsing request body'],
  unauthorized: [401, 'Unable to authenticate you.'],
  forbidden: [403, 'You do not have permission to perform this action.'],
  not_found: [404, 'The resource you requested could not be found.'],
  conflict: [409, 'The request could not be completed due to a conflict.'],
  precondition_failed: [412, 'The request cannot be fulfilled in the present state.'],
  unprocessable_entity: [422, 'request payload validation failed'],
  too_many_requests: [429, 'API rate limit exceeded.'],
  server_error: [500, 'Unexpected server-side error'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

/** An error in the provider's form: `{id, message, request_id}`. */
export function refuse(c: SimulatorContext, id: keyof typeof messages, message?: string): Response {
  const [status, usual] = messages[id];
  return c.json({ id, message: message ?? usual, request_id: c.get('requestId') }, status);
}

/** The JSON body of the request, or undefined if it is not JSON. */
export async function bodyOf(c: SimulatorContext): Promise<Record<string, unknown> | undefined> {
  try {
    const body: unknown = await c.req.json();
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

export interface Listed<T> {
  readonly key: string;
  readonly items: readonly T[];
  show(item: T): unknown;
  /** Fields beside the list. */
  readonly beside?: Record<string, unknown>;
}

/** One page of a list with `links` and `meta`, as from every paged endpoint of the provider; the paging faults apply. */
export function answerPage<T>(c: SimulatorContext, listed: Listed<T>): Response {
  const perPage = within(c.req.query('per_page'), 20, 200);
  const page = within(c.req.query('page'), 1, Number.MAX_SAFE_INTEGER);
  const fault = c.get('fault');
  const items = visibleItems(listed, fault);
  const { total, from, shown } = applyPagingFault(fault, {
    total: items.length,
    from: (page - 1) * perPage,
    page,
    perPage,
  });
  const slice = items.slice(from, from + shown);
  return c.json({
    [listed.key]: slice.map(listed.show),
    ...listed.beside,
    links: linksOf(c, page, perPage, total),
    meta: { total },
  });
}

/** A list that the provider never pages, without `links` and `meta`. */
export function answerWhole<T>(c: SimulatorContext, listed: Listed<T>): Response {
  return c.json({ [listed.key]: visibleItems(listed, c.get('fault')).map(listed.show), ...listed.beside });
}

function within(text: string | undefined, usual: number, largest: number): number {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) || value < 1 ? usual : Math.min(value, largest);
}

function visibleItems<T>(listed: Listed<T>, fault: Fault | undefined): readonly T[] {
  if (fault?.kind === 'empty-list') return [];
  if (fault?.kind !== 'hidden-by-scope') return listed.items;
  const hidden = new RegExp(fault.hide ?? '.');
  return listed.items.filter((item) => {
    const { id, name, ip, urn } = listed.show(item) as Record<string, unknown>;
    return ![id, name, ip, urn].some((value) => value !== undefined && hidden.test(String(value)));
  });
}

interface Window {
  total: number;
  from: number;
  page: number;
  perPage: number;
}

/** Applies the paging faults: shifts or repeats the page. */
function applyPagingFault(
  fault: Fault | undefined,
  { total, from, page, perPage }: Window,
): { total: number; from: number; shown: number } {
  if (fault?.kind === 'repeat-page') return { total, from: Math.max(0, from - perPage), shown: perPage };
  // An earlier item disappeared between two pages: this page starts later and skips items.
  if (fault?.kind === 'shifting-pages')
    return { total, from: Math.max(0, from + fault.by * (page - 1)), shown: perPage };
  if (fault?.kind === 'shrinking-total') {
    const shrunk = Math.max(0, total - fault.by * (page - 1));
    return { total: shrunk, from, shown: Math.max(0, Math.min(perPage, shrunk - from)) };
  }
  return { total, from, shown: perPage };
}

function linksOf(c: SimulatorContext, page: number, perPage: number, total: number): object {
  const last = Math.max(1, Math.ceil(total / perPage));
  if (last === 1 && page === 1) return {};
  const to = (number: number): string => {
    const url = new URL(c.req.url);
    url.searchParams.set('page', String(number));
    url.searchParams.set('per_page', String(perPage));
    return url.href;
  };
  const back = page > 1 ? { first: to(1), prev: to(page - 1) } : {};
  return { pages: { ...back, ...(page < last ? { next: to(page + 1), last: to(last) } : {}) } };
}
