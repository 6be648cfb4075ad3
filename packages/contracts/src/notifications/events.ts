import { z } from 'zod';
import { defineEvent } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { instantText } from '../time.ts';

export const webhookEndpointDisabled = defineEvent({
  type: 'webhook-endpoint.disabled',
  version: 1,
  stream: 'NOTIFICATIONS',
  summary: 'A webhook endpoint was disabled by the system: its server answered that it is gone, or failed for days.',
  data: z.object({
    endpoint_id: uuid.describe('Id of the endpoint.'),
    tenant_id: tenantId.nullable().describe('Tenant that the endpoint belongs to; null: the operator.'),
    url: z.string().meta({ description: 'URL of the endpoint.', example: 'https://hooks.example/arcadia' }),
    because: z
      .enum(['gone', 'failing'])
      .describe('`gone`: it answered 410; `failing`: a delivery used its last attempt and none succeeded meanwhile.'),
    failing_since: instantText.nullable().describe('First failure since the last success; null if it had not failed.'),
    disabled_at: instantText.describe('When it was disabled.'),
  }),
  subject: (d) => `webhook-endpoint.disabled.${d.endpoint_id}`,
  key: (d) => `${d.endpoint_id}:${d.disabled_at}`,
});

/** Every event of notifications, in the order of its stream's subjects. */
export const events = [webhookEndpointDisabled] as const;
