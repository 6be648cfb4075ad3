import { z } from 'zod';
import { events, streams } from './contracts.ts';

/** The AsyncAPI 3.0 document of all published events. */
export const asyncApiDocument = () => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Arcadia Cloud events',
    version: '1',
    description: 'CloudEvents 1.0 in binary mode over NATS JetStream.',
  },
  defaultContentType: 'application/json',
  channels: Object.fromEntries(
    events.map((event) => [
      event.type,
      {
        address: `${event.type}.>`,
        title: event.type,
        messages: { [event.type]: { $ref: `#/components/messages/${event.type}` } },
        'x-jetstream': { stream: event.stream, subjects: streams[event.stream].subjects },
      },
    ]),
  ),
  operations: Object.fromEntries(
    events.map((event) => [
      `publish.${event.type}`,
      {
        action: 'send',
        channel: { $ref: `#/channels/${event.type}` },
        summary: event.summary,
        tags: [{ name: event.owner }],
      },
    ]),
  ),
  components: {
    messages: Object.fromEntries(
      events.map((event) => [
        event.type,
        {
          name: event.type,
          summary: event.summary,
          contentType: 'application/json',
          'x-version': event.version,
          payload: {
            schemaFormat: 'application/schema+json;version=draft-2020-12',
            schema: z.toJSONSchema(event.data, { io: 'input', unrepresentable: 'any' }),
          },
        },
      ]),
    ),
  },
});
