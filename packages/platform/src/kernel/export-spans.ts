import { setTimeout as delay } from 'node:timers/promises';
import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions as SpanStart,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { errorText } from './redact.ts';
import {
  requestIdNow,
  type SpanOptions,
  type Tracing,
  type TracingSettings,
  traceparentNow,
  traceparentShape,
  within,
} from './tracing.ts';

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** A statement is cut in a span after so many characters. Its values are never in a span. */
const longestStatement = 2_000;
/** How long a service that stops waits for the collector. */
const longestFarewellMs = 2_000;

/**
 * Sends the spans of one service to a collector, in batches and beside the work: a collector that is away loses spans and delays
 * nothing. The provider is the service's own, because several services may run in one process.
 */
export function exportSpans(service: string, settings: TracingSettings & { endpoint: string }): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: { ...settings.headers },
    timeoutMillis: 5_000,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.namespace': 'arcadia', 'service.name': service }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
  });
  const tracer = provider.getTracer('arcadia');
  const begin = (name: string, options: SpanOptions, startedMs?: number): Span => {
    const { parent = traceparentNow(), links = [] } = options;
    const start: SpanStart = {
      kind: kinds[options.kind],
      links: links.flatMap(linkTo),
      attributes: { ...options.attributes },
      ...(startedMs === undefined ? {} : { startTime: startedMs }),
    };
    return tracer.startSpan(name, start, contextOf(parent));
  };
  const tracing: Tracing = {
    async span(name, options, work) {
      const span = begin(name, options);
      const requestId = options.requestId ?? requestIdNow();
      if (requestId !== null) span.setAttribute('arcadia.request_id', requestId);
      try {
        const present = { tracing, traceparent: traceparentOf(span.spanContext()), requestId };
        return await within(present, () => work((attributes) => note(span, attributes)));
      } catch (error) {
        failed(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
    ended(name, options, startedMs) {
      begin(name, options, startedMs).end();
    },
    statement(text, run) {
      const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text.slice(0, longestStatement) };
      const span = begin(nameOf(text), { kind: 'client', attributes });
      const result = run();
      if (result instanceof Promise)
        result.then(
          () => span.end(),
          (error: unknown) => {
            failed(span, error);
            span.end();
          },
        );
      return result;
    },
    async stop() {
      await Promise.race([provider.shutdown().catch(() => undefined), delay(longestFarewellMs, null, { ref: false })]);
    },
  };
  return tracing;
}

function note(span: Span, attributes: Readonly<Record<string, string | number>>): void {
  span.setAttributes({ ...attributes });
  if (attributes['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
}

function failed(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: errorText(error) });
}

/** The first word of a statement that is no comment: `SELECT`, `WITH`, `COMMIT`. */
function nameOf(statement: string): string {
  const [word = 'SQL'] = /[a-z]+/i.exec(statement.replace(/\/\*.*?\*\//g, '')) ?? [];
  return word.toUpperCase();
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function spanContextOf(traceparent: string): SpanContext | null {
  const [, traceId, spanId, flags] = traceparentShape.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function contextOf(parent: string | null): Context {
  const context = parent === null ? null : spanContextOf(parent);
  return context === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
}

function linkTo(traceparent: string): Link[] {
  const context = spanContextOf(traceparent);
  return context === null ? [] : [{ context }];
}
