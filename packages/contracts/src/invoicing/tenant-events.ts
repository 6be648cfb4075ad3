import { z } from 'zod';
import { defineEvent } from '../define.ts';
import { tenantId, token } from '../ids.ts';

export const tenantCreated = defineEvent({
  type: 'tenant.created',
  version: 1,
  stream: 'INVOICING',
  summary:
    'A tenant exists from now on, and other services accept its id. Tenants from before they were created explicitly are published once as well.',
  data: z.object({
    tenant_id: tenantId.meta({ description: 'Id of the tenant.', example: 'acme' }),
    name: z.string().meta({ description: 'Name as printed on invoices, at that time.', example: 'Acme Pty Ltd' }),
  }),
  subject: (d) => `tenant.created.${token(d.tenant_id)}`,
  key: (d) => d.tenant_id,
});
