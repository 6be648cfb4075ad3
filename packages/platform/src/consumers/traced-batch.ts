import { type SpanOptions, traceparentNow } from '../kernel/tracing.ts';
import type { BatchWork } from './consumer-batch.ts';
import type { Delivery } from './received-event.ts';

/**
 * Handles a batch as a span of the trace that its messages belong to. A batch of several traces, which is one transaction, has a
 * trace of its own, and each of the others gets a span that links to it.
 */
export async function asSpan<DB, Config, T>(
  { runtime, consumer }: BatchWork<DB, Config>,
  incoming: readonly Delivery[],
  handle: () => Promise<T>,
): Promise<T> {
  const parents = byTrace(incoming);
  const name = `consume ${consumer.name}`;
  const attributes = { 'messaging.system': 'nats', 'messaging.batch.message_count': incoming.length };
  const about: SpanOptions = { kind: 'consumer', attributes };
  const [first = null, ...others] = parents;
  if (others.length === 0) return await runtime.tracing.span(name, { ...about, parent: first }, handle);
  const startedMs = Date.now();
  return await runtime.tracing.span(name, { ...about, parent: null, links: parents }, async () => {
    const batch = traceparentNow();
    const result = await handle();
    for (const parent of parents)
      runtime.tracing.ended(name, { ...about, parent, links: batch === null ? [] : [batch] }, startedMs);
    return result;
  });
}

/** One message of each trace: its `traceparent`. */
function byTrace(incoming: readonly Delivery[]): string[] {
  const parents = new Map<string, string>();
  for (const { headers } of incoming) {
    const { traceparent } = headers;
    const trace = traceparent?.split('-')[1];
    if (traceparent !== undefined && trace !== undefined && !parents.has(trace)) parents.set(trace, traceparent);
  }
  return [...parents.values()];
}
