import { AsyncLocalStorage } from 'node:async_hooks';

type Attributes = Readonly<Record<string, string | number>>;

export type SpanOptions = {
  kind: 'server' | 'client' | 'producer' | 'consumer';
  /** The span (W3C `traceparent`) that this one follows from; by default the one within which it begins. Null: a new trace. */
  parent?: string | null;
  /** Other spans that it follows from, when there are several. */
  links?: readonly string[];
  attributes?: Attributes;
  /** The id of the HTTP request that the work serves; it is in every line that the work logs. */
  requestId?: string | null;
};

/** Adds to a span what is known only later. `error.type` marks the span as failed. */
type Note = (attributes: Attributes) => void;

/** Records spans of one service, or nothing when no collector is configured. */
export type Tracing = {
  /** Runs `work` as a span. What it requests, publishes, enqueues, reads and logs meanwhile belongs to the span. */
  span<T>(name: string, options: SpanOptions, work: (note: Note) => Promise<T>): Promise<T>;
  /** Records a span that has ended now and began at `startedMs`, on the clock of `Date.now()`. */
  ended(name: string, options: SpanOptions, startedMs: number): void;
  /** Records one statement while it runs. */
  statement<T>(text: string, run: () => T): T;
  /** Sends what is recorded and ends; waits for the collector 2 seconds at most. */
  stop(): Promise<void>;
};

/** What is being worked on: the span, and the HTTP request that it serves. */
type Work = { tracing: Tracing; traceparent: string | null; requestId: string | null };

const works = new AsyncLocalStorage<Work>();

/** Runs `work` as part of a span; everything that it starts belongs to the span. */
export const within = <T>(work: Work, run: () => T): T => works.run(work, run);

/** The present span as a W3C `traceparent`; null outside of a span, and always while nothing is traced. */
export const traceparentNow = (): string | null => works.getStore()?.traceparent ?? null;

export const requestIdNow = (): string | null => works.getStore()?.requestId ?? null;

/** The headers of a message that follows from the present span; null for none. */
export const traceHeaders = (): Record<string, string> | null => {
  const traceparent = traceparentNow();
  return traceparent === null ? null : { traceparent };
};

/** `00-TRACE-SPAN-FLAGS`, as W3C Trace Context writes it. */
export const traceparentShape = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The fields of a log line that name the present work. */
export function workFields(): Record<string, string> {
  const work = works.getStore();
  if (work === undefined) return {};
  const [, trace, span] = traceparentShape.exec(work.traceparent ?? '') ?? [];
  return {
    ...(trace === undefined || span === undefined ? {} : { trace_id: trace, span_id: span }),
    ...(work.requestId === null ? {} : { request_id: work.requestId }),
  };
}

/** Tracing without a collector: it keeps the id of the request for the log, and costs nothing else. */
export const untraced: Tracing = {
  span: (_name, { requestId = null }, work) => {
    const run = () => work(() => undefined);
    return requestId === null ? run() : within({ tracing: untraced, traceparent: null, requestId }, run);
  },
  ended: () => undefined,
  statement: (_text, run) => run(),
  stop: async () => undefined,
};

/** A span within the present one, such as a request to another service; no span where nothing is traced. */
export function spanWithin<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const present = works.getStore();
  return present === undefined || present.traceparent === null ? work() : present.tracing.span(name, options, work);
}

/** Records a statement as part of the present span. */
export function tracedStatement<T>(text: string, run: () => T): T {
  const present = works.getStore();
  return present === undefined || present.traceparent === null ? run() : present.tracing.statement(text, run);
}

export type TracingSettings = {
  /** The address of an OTLP/HTTP collector, such as `http://collector:4318`; null: nothing is traced. */
  endpoint: string | null;
  /** Headers for the collector, such as its token. */
  headers: Readonly<Record<string, string>>;
  /** The share of traces that are recorded, from 0 to 1. A trace that a caller has begun is recorded as the caller has decided. */
  share: number;
};
