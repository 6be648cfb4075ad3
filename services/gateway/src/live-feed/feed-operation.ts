import { z } from 'zod';
import { responseOf } from '../operation.ts';
import { operatorFeed, tenantTypes } from './feed-contracts.ts';

/** The live feed in the OpenAPI document. */
export const liveFeedOperation = {
  method: 'get' as const,
  path: '/api/v1/events',
  operationId: 'events.listen',
  summary: 'Stream events as they are published (server-sent events).',
  description: [
    'For operators and tenants; a tenant receives only events about itself. The event name is the event type, its data the whole event. Its id is the place in the feed behind it.',
    'A client that reconnects with `Last-Event-ID` first receives what was published since, each event once, for up to an hour. If that is no longer known, or the id is not of this feed, it receives the event `refetch` with the `reason` and then reads again what it shows.',
    `Operators receive ${operatorFeed.map(({ type }) => `\`${type}\``).join(', ')}; tenants ${[...tenantTypes].map((type) => `\`${type}\``).join(', ')}.`,
  ].join('\n\n'),
  tags: ['events'],
  security: [{ token: [] }],
  request: {
    headers: z.object({
      'last-event-id': z.string().optional().meta({
        description: 'The last id that the client received; browsers send it by themselves when they reconnect.',
        example: 'q1Zk_0aB.0.2s.1f.7.0.3',
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
    406: { $ref: '#/components/responses/NotAcceptable' },
    429: responseOf(['rate-limited', 'too-many-open']),
    500: { $ref: '#/components/responses/Internal' },
    503: responseOf(['unavailable']),
  },
};
