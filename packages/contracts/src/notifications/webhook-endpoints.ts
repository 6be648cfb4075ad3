import { z } from 'zod';
import { customers, everyone } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf, searchField } from '../page.ts';
import { instantText } from '../time.ts';
import { notificationType } from './notification-types.ts';

/** A webhook endpoint without its secrets. */
export const webhookEndpoint = z.object({
  endpoint_id: uuid.describe('Id of the endpoint.'),
  tenant_id: tenantId.nullable().meta({
    description: 'Tenant that it belongs to; null: the operator, who gets the events of all tenants.',
    example: 'acme',
  }),
  url: z.string().meta({ description: 'URL that the events are posted to.', example: 'https://hooks.example/arcadia' }),
  description: z.string().meta({ description: 'What it is for, in the words of its maker.', example: 'accounting' }),
  event_types: z
    .array(notificationType)
    .meta({ description: 'Types of events that are posted to it.', example: ['invoice.issued', 'invoice.paid'] }),
  status: z.enum(['enabled', 'disabled']).describe('Whether events are posted to it.'),
  disabled_because: z
    .enum(['person', 'gone', 'failing'])
    .nullable()
    .describe(
      '`person`: by a request; `gone`: it answered 410; `failing`: it failed for days; null while it is enabled.',
    ),
  disabled_at: instantText.nullable().describe('When it was disabled; null while it is enabled.'),
  secrets: z
    .array(
      z.object({
        secret_id: uuid.describe('Id of the secret.'),
        created_at: instantText.describe('When it was made.'),
        expires_at: instantText.nullable().describe('Until when events are signed with it too; null: it does not end.'),
      }),
    )
    .describe('The secrets that events are signed with, newest first, without their text.'),
  created_at: instantText.describe('When it was made.'),
  created_by: z.string().meta({ description: 'Subject of its maker.', example: 'user:ada' }),
});

/** A webhook endpoint with its newest secret, as it is answered once. */
export const webhookEndpointWithSecret = webhookEndpoint.extend({
  secret: z.string().nullable().meta({
    description:
      'The secret that events are signed with (Standard Webhooks, `whsec_…`). It is shown once: a repetition of the request gets null.',
    example: null,
  }),
});

const endpointId = z.strictObject({ endpoint_id: uuid.describe('Id of the endpoint.') });

const url = z
  .url({ protocol: /^https?$/, error: 'a URL such as https://hooks.example/arcadia' })
  .max(2_000)
  .meta({
    description: 'URL that the events are posted to: https, without user or password, at a public address.',
    example: 'https://hooks.example/arcadia',
  });
const eventTypes = z
  .array(notificationType)
  .min(1)
  .max(50)
  .meta({
    description: 'Types of events that are posted to it. A tenant may not subscribe to the types of the operator.',
    example: ['invoice.issued', 'invoice.paid'],
  });
const description = z.string().max(200).meta({ description: 'What it is for.', example: 'accounting' });

export const createWebhookEndpoint = defineRequest({
  name: 'webhook-endpoints.create',
  service: 'notifications',
  summary: 'Create a webhook endpoint. Its secret is shown once; it gets the events from now on.',
  effect: 'command',
  roles: customers,
  input: z.strictObject({
    url,
    event_types: eventTypes,
    description: description.default(''),
    tenant_id: tenantId.optional().meta({
      description:
        'Tenant that it belongs to; for a tenant its own. Absent, an operator’s endpoint gets the events of all tenants.',
      example: 'acme',
    }),
  }),
  output: webhookEndpointWithSecret,
  refusals: ['forbidden', 'unknown-tenant', 'url-not-allowed', 'too-many-endpoints'],
  secrets: ['secret'],
});

export const listWebhookEndpoints = defineRequest({
  name: 'webhook-endpoints.list',
  service: 'notifications',
  summary: 'List webhook endpoints, newest first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    tenant_id: tenantId.optional().meta({ description: 'Only endpoints of this tenant.', example: 'acme' }),
    q: searchField('Only endpoints whose URL or description contains this text, upper or lower case.'),
  }),
  output: pageOf(webhookEndpoint),
  refusals: ['invalid-cursor'],
});

export const getWebhookEndpoint = defineRequest({
  name: 'webhook-endpoints.get',
  service: 'notifications',
  summary: 'Get a webhook endpoint.',
  effect: 'read',
  roles: everyone,
  input: endpointId,
  output: webhookEndpoint,
  refusals: ['not-found'],
  isVersioned: true,
});

export const updateWebhookEndpoint = defineRequest({
  name: 'webhook-endpoints.update',
  service: 'notifications',
  summary: 'Update the given fields of a webhook endpoint; events that wait go to the new URL.',
  effect: 'command',
  roles: customers,
  input: endpointId.extend({
    url: url.optional(),
    event_types: eventTypes.optional(),
    description: description.optional(),
  }),
  output: webhookEndpoint,
  refusals: ['not-found', 'forbidden', 'url-not-allowed'],
  edits: edited(getWebhookEndpoint, ['endpoint_id']),
});

export const disableWebhookEndpoint = defineRequest({
  name: 'webhook-endpoints.disable',
  service: 'notifications',
  summary: 'Disable a webhook endpoint. Its waiting events are not sent unless they are replayed.',
  effect: 'command',
  roles: customers,
  input: endpointId,
  output: webhookEndpoint,
  refusals: ['not-found'],
  edits: edited(getWebhookEndpoint, ['endpoint_id']),
});

export const enableWebhookEndpoint = defineRequest({
  name: 'webhook-endpoints.enable',
  service: 'notifications',
  summary: 'Enable a webhook endpoint again. Events that were skipped meanwhile are sent if they are replayed.',
  effect: 'command',
  roles: customers,
  input: endpointId,
  output: webhookEndpoint,
  refusals: ['not-found'],
  edits: edited(getWebhookEndpoint, ['endpoint_id']),
});

export const deleteWebhookEndpoint = defineRequest({
  name: 'webhook-endpoints.delete',
  service: 'notifications',
  summary: 'Delete a webhook endpoint with its secrets and its log of deliveries.',
  effect: 'command',
  roles: customers,
  input: endpointId,
  output: webhookEndpoint,
  refusals: ['not-found'],
  edits: edited(getWebhookEndpoint, ['endpoint_id']),
});

export const rotateWebhookSecret = defineRequest({
  name: 'webhook-endpoints.rotate-secret',
  service: 'notifications',
  summary: 'Give a webhook endpoint a new secret. For a while events are signed with the former ones too.',
  effect: 'command',
  roles: customers,
  input: endpointId.extend({
    overlap_seconds: z.int().min(0).max(604_800).default(86_400).meta({
      description: 'How long events are also signed with the former secrets, in seconds; 0: not at all.',
      example: 86_400,
    }),
  }),
  output: webhookEndpointWithSecret,
  refusals: ['not-found', 'conflict'],
  secrets: ['secret'],
  edits: edited(getWebhookEndpoint, ['endpoint_id']),
});

export const summarizeWebhookEndpoint = defineRequest({
  name: 'webhook-endpoints.summarize',
  service: 'notifications',
  summary: 'Get how the deliveries of a webhook endpoint stand.',
  effect: 'read',
  roles: everyone,
  input: endpointId,
  output: z.object({
    endpoint_id: uuid.describe('Id of the endpoint.'),
    pending: z.int().meta({ description: 'Deliveries that wait for their next attempt.', example: 2 }),
    delivered: z.int().meta({ description: 'Deliveries that succeeded, as far as the log goes back.', example: 120 }),
    failed: z.int().meta({ description: 'Deliveries that used their last attempt.', example: 0 }),
    skipped: z
      .int()
      .meta({ description: 'Deliveries that were not sent, because the endpoint was disabled.', example: 0 }),
    failing_since: instantText
      .nullable()
      .describe('First failure since the last success; null: the last attempt succeeded.'),
    held_until: instantText
      .nullable()
      .describe(
        'No attempt is made before this instant, because the server could not be reached or asked to wait; null: none.',
      ),
    last_success_at: instantText.nullable().describe('When a delivery last succeeded; null: never.'),
    next_attempt_at: instantText.nullable().describe('When the next attempt is due; null: nothing waits.'),
  }),
  refusals: ['not-found'],
});
