import { z } from 'zod';
import { allRoles, customers, everyone, role } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf, searchField } from '../page.ts';
import { instantText } from '../time.ts';

/** An API key without its token, of which only a digest is stored. */
export const apiKey = z.object({
  key_id: uuid.describe('Id of the key. Requests that it sends have the subject `key:<key_id>`.'),
  name: z.string().meta({ description: 'Name that its maker gave it.', example: 'ci' }),
  role: role.meta({ description: 'Role of the requests that it sends.', example: 'tenant_viewer' }),
  tenant_id: tenantId.nullable().meta({ description: 'Tenant of a tenant’s role; null for others.', example: 'acme' }),
  status: z
    .enum(['active', 'expired', 'revoked'])
    .meta({ description: 'Whether requests with the key are accepted.', example: 'active' }),
  created_at: instantText.describe('When it was made.'),
  created_by: z.string().meta({ description: 'Subject of its maker.', example: 'user:ada' }),
  expires_at: instantText.describe('From when on it is refused.'),
  rotated_at: instantText
    .nullable()
    .describe('When its present token was made, if that is not the first one; else null.'),
  last_used_at: instantText
    .nullable()
    .describe('When it was last used, to the minute; null if it has never been used.'),
  revoked_at: instantText.nullable().describe('When it was revoked; null if it was not.'),
  revoked_by: z.string().nullable().meta({ description: 'Subject of the person who revoked it.', example: 'user:ada' }),
});

/** An API key with its token, as it is answered once. */
export const apiKeyWithToken = apiKey.extend({
  token: z.string().nullable().meta({
    description:
      'The token, for `Authorization: Bearer <token>`. It is stored nowhere: a repetition of the request gets null.',
    example: null,
  }),
});

const keyId = z.object({ key_id: uuid.describe('Id of the key.') });

export const createApiKey = defineRequest({
  name: 'api-keys.create',
  service: 'gateway',
  summary: 'Create an API key for a program. Its token is shown once.',
  effect: 'command',
  roles: customers,
  input: z.object({
    name: z.string().min(1).max(100).meta({ description: 'What the key is for.', example: 'ci' }),
    role: role.meta({
      description: `Role of the requests that it sends: ${allRoles.join(', ')}. A tenant may give its own roles only.`,
      example: 'tenant',
    }),
    tenant_id: tenantId.optional().meta({
      description: 'Tenant of a tenant’s role. An operator must give it; for a tenant it is its own.',
      example: 'acme',
    }),
    expires_at: instantText
      .optional()
      .meta({ description: 'From when on it is refused, at most two years from now; by default a year from now.' }),
  }),
  output: apiKeyWithToken,
  refusals: ['forbidden', 'invalid-time', 'tenant-missing', 'unknown-tenant'],
  secrets: ['token'],
});

export const listApiKeys = defineRequest({
  name: 'api-keys.list',
  service: 'gateway',
  summary: 'List API keys, newest first. Revoked and expired ones stay listed.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    tenant_id: tenantId.optional().meta({ description: 'Only keys of this tenant.', example: 'acme' }),
    q: searchField('Only keys whose name contains this text, upper or lower case.'),
  }),
  output: pageOf(apiKey),
  refusals: ['invalid-cursor'],
});

export const getApiKey = defineRequest({
  name: 'api-keys.get',
  service: 'gateway',
  summary: 'Get an API key, without its token.',
  effect: 'read',
  roles: everyone,
  input: keyId,
  output: apiKey,
  refusals: ['not-found'],
  isVersioned: true,
  unversioned: ['last_used_at'],
});

export const rotateApiKey = defineRequest({
  name: 'api-keys.rotate',
  service: 'gateway',
  summary: 'Give an API key a new token. The former one is accepted for a while.',
  effect: 'command',
  roles: customers,
  input: keyId.extend({
    overlap_seconds: z.int().min(0).max(86_400).default(3_600).meta({
      description: 'How long the former token is still accepted, in seconds; 0: not at all.',
      example: 3_600,
    }),
  }),
  output: apiKeyWithToken,
  refusals: ['forbidden', 'not-found', 'conflict'],
  secrets: ['token'],
  edits: edited(getApiKey, ['key_id']),
});

export const revokeApiKey = defineRequest({
  name: 'api-keys.revoke',
  service: 'gateway',
  summary: 'Revoke an API key for good. Every replica refuses it within three seconds.',
  effect: 'command',
  roles: customers,
  input: keyId,
  output: apiKey,
  refusals: ['forbidden', 'not-found'],
  edits: edited(getApiKey, ['key_id']),
});
