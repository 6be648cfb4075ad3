import { z } from 'zod';
import { everyone, operators } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { providerField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf, searchField } from '../page.ts';
import { instantText } from '../time.ts';

/** Purpose of a project, a word of the operator; `internal`, `shared` and `tenant` are known. */
export const projectPurpose = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'a word such as tenant, internal or shared');

/** A provider project with its classification. */
export const projectView = z.object({
  project_id: uuid.describe('Our id of the project.'),
  provider: providerField,
  provider_id: z
    .string()
    .meta({ description: 'Id that the provider gave the project.', example: '4e1bfbc3-dc3e-41f2-a18f-1b4d7ba71679' }),
  name: z.string().meta({ description: 'Name at the provider.', example: 'acme' }),
  description: z
    .string()
    .meta({ description: 'Description at the provider; may be empty.', example: 'Everything of Acme' }),
  environment: z
    .string()
    .nullable()
    .meta({ description: 'Environment at the provider; null: none.', example: 'Production' }),
  is_default: z.boolean().describe("True: the provider's default project."),
  is_internal: z.boolean().describe("True: the operator's own project; resources without another owner fall to it."),
  tenant_id: tenantId.nullable().describe('Tenant that the project belongs to; null: none.'),
  purpose: projectPurpose.meta({ description: 'Purpose that an operator gave it.', example: 'tenant' }),
  is_present: z.boolean().describe('False: deleted at the provider.'),
  first_seen_at: instantText.describe('Instant of the first sync that listed it.'),
  last_seen_at: instantText.describe('Instant of the last sync that listed it.'),
  member_count: z.int().min(0).meta({ description: 'Number of its resources that exist now.', example: 12 }),
});

export const listProjects = defineRequest({
  name: 'projects.list',
  service: 'inventory-sync',
  summary: "List the provider's projects with their classification, by name. A tenant sees its own.",
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    q: searchField('Only projects whose name contains this text, upper or lower case.'),
  }),
  output: pageOf(projectView),
  refusals: ['invalid-cursor'],
});

export const getProject = defineRequest({
  name: 'projects.get',
  service: 'inventory-sync',
  summary: "Get a provider's project with its classification. A tenant sees its own.",
  effect: 'read',
  roles: everyone,
  input: z.strictObject({ project_id: uuid.describe('Our id of the project.') }),
  output: projectView,
  refusals: ['not-found'],
  isVersioned: true,
  unversioned: ['last_seen_at', 'member_count'],
});

export const updateProject = defineRequest({
  name: 'projects.update',
  service: 'inventory-sync',
  summary: "Classify a project by tenant and purpose. The purpose `internal` makes it the operator's own.",
  effect: 'command',
  roles: operators,
  input: z.strictObject({
    project_id: uuid.describe('Our id of the project.'),
    tenant_id: tenantId.nullable().optional().describe('Tenant that the project belongs to; null: none.'),
    purpose: projectPurpose
      .optional()
      .meta({ description: "Purpose; `internal` makes it the operator's own.", example: 'internal' }),
  }),
  output: projectView,
  refusals: ['not-found', 'unknown-tenant', 'invalid-classification'],
  edits: edited(getProject, ['project_id']),
});
