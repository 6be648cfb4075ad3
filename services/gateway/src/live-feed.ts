import { type Actor, drift, invoicing, isOperator, provisioning } from '@arcadia/contracts';
import type { LiveEvent } from '@arcadia/platform';
import type { HttpBindings } from '@hono/node-server';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { problem, problemDocument } from './problem.ts';
import type { GatewayApp, GatewayContext } from './route.ts';

/** What an operator sees pass by. */
const operatorFeed = [
  provisioning.sagaChanged,
  provisioning.deploymentChanged,
  drift.driftDetected,
  drift.driftClosed,
  invoicing.invoiceIssued,
  invoicing.invoicePaid,
  invoicing.invoiceOverdue,
  invoicing.invoiceVoided,
  invoicing.alertCrossed,
];

/** Of these a tenant sees what carries its own id. */
const tenantTypes = new Set(
  [
    provisioning.deploymentChanged,
    invoicing.invoiceIssued,
    invoicing.invoicePaid,
    invoicing.invoiceOverdue,
    invoicing.invoiceVoided,
  ].map(({ type }) => type as string),
);

/** A reader is let go when its token ends, and after this; it comes back by itself. */
const longestMs = 12 * 60 * 60_000;
const keepAliveMs = 15_000;
/** Readers at once; above it the answer is 503, so that a leak somewhere cannot take the gateway down. */
const readersAtMost = 1_000;
/** Events a slow reader may be behind before it is cut off; it reconnects and fetches afresh. */
const behindAtMost = 500;
/** How long a reader that is let go may take to read what is on its way to it. */
const farewellMs = 2_000;

/** What the OpenAPI document says of it. */
export const liveFeedOperation = {
  method: 'get' as const,
  path: '/api/v1/events',
  operationId: 'events.listen',
  summary: 'What is said, as it is said (server-sent events).',
  tags: ['events'],
  security: [{ token: [] }],
  responses: {
    200: { description: 'The feed.', content: { 'text/event-stream': { schema: z.string() } } },
    401: { description: 'No valid token.', content: { 'application/problem+json': { schema: problemDocument } } },
  },
};

/**
 * `GET /api/v1/events`: what is said, as it is said (server-sent events; the event's name is its type, its data the whole
 * event). It is a hint, not a record: nothing is replayed, and a reader that reconnects is told `refetch` first.
 */
export const liveFeed = (app: GatewayApp, gateway: GatewayContext, stopping: AbortSignal): void => {
  const readers = new Set<(event: LiveEvent) => void>();
  let stopListening: (() => void) | undefined;
  app.get('/api/v1/events', (c) => {
    if (readers.size >= readersAtMost)
      return problem(c, 503, 'unavailable', 'Too many readers of the live feed; try again.');
    const actor = c.get('actor');
    const expiresAt = c.get('expiresAt');
    const isReconnect = c.req.header('last-event-id') !== undefined;
    return streamSSE(c, async (stream) => {
      // Waiting for a reader that does not read would keep it, and all that it is behind with, for ever.
      const cut = (): void => void (c.env as HttpBindings).outgoing.destroy();
      const reader = createReader(stream, actor, cut);
      let farewell: NodeJS.Timeout | undefined;
      const letGo = (): void => {
        reader.end();
        farewell ??= setTimeout(cut, farewellMs);
      };
      readers.add(reader.take);
      stopListening ??= gateway.listen(operatorFeed, (event) => {
        for (const take of readers) take(event);
      });
      stream.onAbort(reader.end);
      const endsBy = setTimeout(letGo, Math.min(expiresAt - Date.now(), longestMs));
      stopping.addEventListener('abort', letGo, { once: true });
      if (isReconnect) await stream.writeSSE({ event: 'refetch', data: '{}', id: '0' });
      try {
        await reader.run();
      } finally {
        clearTimeout(endsBy);
        clearTimeout(farewell);
        stopping.removeEventListener('abort', letGo);
        readers.delete(reader.take);
        if (readers.size === 0) {
          stopListening?.();
          stopListening = undefined;
        }
      }
    });
  });
};

/** One reader's queue: bounded, in order, with a comment now and then so that proxies keep the connection. `cut` ends a connection. */
const createReader = (stream: SSEStreamingApi, actor: Actor, cut: () => void) => {
  const waiting: LiveEvent[] = [];
  let wake: () => void = () => {};
  let isOver = false;
  const end = (): void => {
    isOver = true;
    wake();
  };
  return {
    end,
    take: (event: LiveEvent): void => {
      if (isOver || !maySee(actor, event)) return;
      waiting.push(event);
      wake();
      if (waiting.length <= behindAtMost) return;
      waiting.length = 0;
      end();
      cut();
    },
    run: async (): Promise<void> => {
      await stream.write(': listening\n\n');
      while (!isOver) {
        const event = waiting.shift();
        if (event !== undefined) {
          await stream.writeSSE({ event: event.type, id: event.id, data: JSON.stringify(event.data) });
          continue;
        }
        const isIdle = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(true), keepAliveMs);
          wake = () => {
            clearTimeout(timer);
            resolve(false);
          };
        });
        if (isIdle && !isOver) await stream.write(': still here\n\n');
      }
    },
  };
};

const maySee = (actor: Actor, event: LiveEvent): boolean => {
  if (isOperator(actor)) return true;
  const { data } = event;
  return (
    tenantTypes.has(event.type) &&
    typeof data === 'object' &&
    data !== null &&
    'tenant_id' in data &&
    data.tenant_id === actor.tenant_id
  );
};
