import { z } from 'zod';
import { customers, everyone } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';

const deliveryStatus = z.enum(['pending', 'delivered', 'failed', 'skipped']);

const attempt = z.object({
  number: z.int().min(1).meta({ description: 'Number of the attempt, counted from 1.', example: 1 }),
  attempted_at: instantText.describe('When it began.'),
  duration_ms: z.int().meta({ description: 'How long it took, in milliseconds.', example: 84 }),
  http_status: z.int().nullable().meta({ description: 'Status of the answer; null: there was none.', example: 200 }),
  answer: z
    .string()
    .nullable()
    .meta({ description: 'The first bytes of the answer, at most 1,024; null: there was none.', example: 'ok' }),
  error: z
    .string()
    .nullable()
    .meta({ description: 'Why it failed; null for a success.', example: 'no answer within 15000 ms' }),
});

/** The delivery of an event to a webhook endpoint. */
export const webhookDelivery = z.object({
  delivery_id: uuid.describe('Id of the delivery.'),
  endpoint_id: uuid.describe('Endpoint that the event is posted to.'),
  webhook_id: uuid.describe('Id of the event, the header `webhook-id`: the same for every attempt and every endpoint.'),
  type: z.string().meta({ description: 'Type of the event.', example: 'invoice.issued' }),
  occurred_at: instantText.describe('When the event occurred.'),
  status: deliveryStatus.describe(
    '`pending`: an attempt is due; `delivered`: the endpoint answered 2xx; `failed`: the last attempt failed; `skipped`: the endpoint was disabled.',
  ),
  attempts: z.int().meta({ description: 'Attempts that were made so far.', example: 1 }),
  next_attempt_at: instantText.nullable().describe('When the next attempt is due; null: none is.'),
  last_attempt: attempt.nullable().describe('The last attempt; null: none was made.'),
});

export const listWebhookDeliveries = defineRequest({
  name: 'webhook-deliveries.list',
  service: 'notifications',
  summary: 'List the deliveries of a webhook endpoint, newest event first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    endpoint_id: uuid.describe('Id of the endpoint.'),
    status: deliveryStatus.optional().describe('Only deliveries with this status.'),
  }),
  output: pageOf(webhookDelivery),
  refusals: ['invalid-cursor', 'not-found'],
});

export const getWebhookDelivery = defineRequest({
  name: 'webhook-deliveries.get',
  service: 'notifications',
  summary: 'Get a delivery with its body and its attempts.',
  effect: 'read',
  roles: everyone,
  input: z.strictObject({ delivery_id: uuid.describe('Id of the delivery.') }),
  output: webhookDelivery.extend({
    body: z.string().nullable().meta({
      description:
        'The body as it is posted, JSON; null: it holds the provider’s costs, which the role of the caller does not include.',
      example: '{"type":"invoice.paid","timestamp":"2026-05-10T08:00:00Z","data":{}}',
    }),
    recent_attempts: z.array(attempt).max(50).describe('The last attempts, newest first, at most 50.'),
  }),
  refusals: ['not-found'],
});

export const testWebhookEndpoint = defineRequest({
  name: 'webhook-endpoints.test',
  service: 'notifications',
  summary: 'Send a test event to a webhook endpoint. The outcome is in the log of deliveries.',
  effect: 'command',
  roles: customers,
  input: z.strictObject({ endpoint_id: uuid.describe('Id of the endpoint.') }),
  output: webhookDelivery,
  refusals: ['not-found', 'endpoint-disabled'],
});

export const replayWebhookDelivery = defineRequest({
  name: 'webhook-deliveries.replay',
  service: 'notifications',
  summary: 'Send an event to its endpoint again, with the same `webhook-id`.',
  effect: 'command',
  roles: customers,
  input: z.strictObject({ delivery_id: uuid.describe('Id of the delivery.') }),
  output: webhookDelivery,
  refusals: ['not-found', 'endpoint-disabled'],
});

export const replayWebhookDeliveries = defineRequest({
  name: 'webhook-endpoints.replay',
  service: 'notifications',
  summary: 'Send the events since an instant to an endpoint again, each with its `webhook-id`.',
  effect: 'command',
  roles: customers,
  input: z.strictObject({
    endpoint_id: uuid.describe('Id of the endpoint.'),
    from: instantText.describe('Events that occurred at or after this instant.'),
    statuses: z
      .array(deliveryStatus.exclude(['pending']))
      .min(1)
      .max(3)
      .default(['failed', 'skipped'])
      .describe('Deliveries with these statuses; by default those that did not succeed.'),
  }),
  output: z.object({
    replayed: z.int().meta({ description: 'Number of events that are sent again.', example: 12 }),
  }),
  refusals: ['not-found', 'endpoint-disabled'],
});
