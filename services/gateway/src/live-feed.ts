import {
  type Actor,
  billingIngest,
  drift,
  everyone,
  hasRole,
  inventorySync,
  invoicing,
  isOperator,
  metering,
  moneyReaders,
  provisioning,
} from '@arcadia/contracts';
import type { LiveEvent } from '@arcadia/platform';
import type { HttpBindings } from '@hono/node-server';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { Context, HttpApp } from './context.ts';
import { responseOf } from './operation.ts';
import { problem } from './problems/problem.ts';

/** The events that operators receive. */
export const operatorFeed = [
  provisioning.sagaChanged,
  provisioning.deploymentChanged,
  drift.driftDetected,
  drift.driftClosed,
  invoicing.invoiceIssued,
  invoicing.invoicePaid,
  invoicing.invoiceOverdue,
  invoicing.invoiceVoided,
  invoicing.alertCrossed,
  invoicing.subscriptionChanged,
  invoicing.creditNoteIssued,
  inventorySync.inventorySwept,
  metering.periodClosed,
  billingIngest.invoiceIngested,
];

/** The types that hold the provider's costs, which not all of the operator's people may see. */
const costTypes = new Set<string>([billingIngest.invoiceIngested.type]);

/** The types of which a tenant receives the events with its own `tenant_id`. */
const tenantTypes = new Set(
  [
    provisioning.deploymentChanged,
    invoicing.invoiceIssued,
    invoicing.invoicePaid,
    invoicing.invoiceOverdue,
    invoicing.invoiceVoided,
    invoicing.subscriptionChanged,
    invoicing.creditNoteIssued,
  ].map(({ type }) => type as string),
);

/** A feed is closed when its token expires, and at the latest after this; browsers reconnect by themselves. */
const longestMs = 12 * 60 * 60_000;
const keepAliveMs = 15_000;
/** How often a feed looks whether its token is still accepted: an API key may be revoked meanwhile. */
const recheckMs = 3_000;
/** Feeds open at the same time; a further one is a 503, so that a leak elsewhere cannot take the gateway down. */
const readersAtMost = 1_000;
/** Events that a slow reader may be behind before its connection is closed; it reconnects and reads everything again. */
const behindAtMost = 500;
/** How long a reader may take, once its feed is closed, to read the events already sent to it. */
const farewellMs = 2_000;

/** The live feed in the OpenAPI document. */
export const liveFeedOperation = {
  method: 'get' as const,
  path: '/api/v1/events',
  operationId: 'events.listen',
  summary: 'Stream events as they are published (server-sent events).',
  description: [
    'For operators and tenants; a tenant receives only events about itself. The event name is the event type, its data the whole event, its id the event id.',
    'The feed is a hint, not a record: nothing is replayed. A client that reconnects (with `Last-Event-ID`) first receives the event `refetch` and then reads again what it shows.',
    `Operators receive ${operatorFeed.map(({ type }) => `\`${type}\``).join(', ')}; tenants ${[...tenantTypes].map((type) => `\`${type}\``).join(', ')}.`,
  ].join('\n\n'),
  tags: ['events'],
  security: [{ token: [] }],
  request: {
    headers: z.object({
      'last-event-id': z.string().optional().meta({
        description: 'Sent by browsers when they reconnect; any value makes `refetch` the first event.',
        example: '0191f6b2-7a51-8c3e-9d1e-3f6a2b1c4d5e',
      }),
    }),
  },
  responses: {
    200: {
      description: 'The feed, without end; a comment every 15 seconds keeps the connection open.',
      content: {
        'text/event-stream': {
          schema: z.string().meta({ example: 'event: invoice.issued\nid: …\ndata: {"invoice_id":"…"}\n\n' }),
        },
      },
    },
    400: { $ref: '#/components/responses/BadRequest' },
    401: { $ref: '#/components/responses/Unauthenticated' },
    403: { $ref: '#/components/responses/Forbidden' },
    429: { $ref: '#/components/responses/RateLimited' },
    500: { $ref: '#/components/responses/Internal' },
    503: responseOf(['unavailable']),
  },
};

/**
 * `GET /api/v1/events`: events as they are published (server-sent events; the event's name is its type, its data the whole
 * event). Nothing is replayed; a reader that reconnects receives `refetch` first.
 */
export const liveFeed = (app: HttpApp, ctx: Context, stopping: AbortSignal): void => {
  const readers = new Set<(event: LiveEvent) => void>();
  let stopListening: (() => void) | undefined;
  app.get('/api/v1/events', (c) => {
    if (!hasRole(c.get('actor'), everyone))
      return problem(c, 'forbidden', `The live feed needs one of the roles ${everyone.join(', ')}.`);
    // A HEAD has no body that anybody would read to its end, so it must not open a feed.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
    if (readers.size >= readersAtMost) {
      c.header('retry-after', '60');
      return problem(c, 'unavailable', 'The live feed has too many readers at the moment; try again later.');
    }
    const actor = c.get('actor');
    const expiresAt = c.get('expiresAt');
    const isReconnect = c.req.header('last-event-id') !== undefined;
    return streamSSE(c, async (stream) => {
      // A reader that never reads would otherwise keep its connection and its queue for ever.
      const cut = (): void => void (c.env as HttpBindings).outgoing.destroy();
      const reader = createReader(stream, actor, cut);
      let farewell: NodeJS.Timeout | undefined;
      const close = (): void => {
        reader.end();
        farewell ??= setTimeout(cut, farewellMs);
      };
      readers.add(reader.take);
      stopListening ??= ctx.listen(operatorFeed, (event) => {
        for (const take of readers) take(event);
      });
      stream.onAbort(reader.end);
      const isStillValid = c.get('isStillValid');
      // A failure of the database decides nothing about the key; the next look does.
      const recheck = setInterval(
        () =>
          void isStillValid().then(
            (is) => is || close(),
            () => {},
          ),
        recheckMs,
      );
      const endsBy = setTimeout(close, Math.min(expiresAt - ctx.wallClock.now().epochMilliseconds, longestMs));
      stopping.addEventListener('abort', close, { once: true });
      if (isReconnect) await stream.writeSSE({ event: 'refetch', data: '{}', id: '0' });
      try {
        await reader.run();
      } finally {
        clearTimeout(endsBy);
        clearInterval(recheck);
        clearTimeout(farewell);
        stopping.removeEventListener('abort', close);
        readers.delete(reader.take);
        if (readers.size === 0) {
          stopListening?.();
          stopListening = undefined;
        }
      }
    });
  });
};

/** The queue of one reader: bounded and in order, with a comment now and then so that proxies keep the connection open. `cut` destroys the connection. */
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
  if (isOperator(actor)) return !costTypes.has(event.type) || hasRole(actor, moneyReaders);
  const { data } = event;
  return (
    tenantTypes.has(event.type) &&
    typeof data === 'object' &&
    data !== null &&
    'tenant_id' in data &&
    data.tenant_id === actor.tenant_id
  );
};
