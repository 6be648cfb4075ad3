import { z } from 'zod';
import { everyone, operators } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';

export const projectPurpose = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'a word such as tenant, internal or shared');

export const projectView = z.object({
  project_id: uuid,
  provider: z.string(),
  provider_id: z.string(),
  name: z.string(),
  description: z.string(),
  environment: z.string().nullable(),
  is_default: z.boolean(),
  /** The operator's own: what belongs to no one else falls to it. */
  is_internal: z.boolean(),
  tenant_id: tenantId.nullable(),
  purpose: projectPurpose,
  is_present: z.boolean(),
  first_seen_at: instantText,
  last_seen_at: instantText,
  member_count: z.int().min(0),
});

export const listProjects = defineRequest({
  name: 'projects.list',
  service: 'inventory-sync',
  summary: "The provider's projects with how they are classified, by name. A tenant sees its own.",
  effect: 'read',
  roles: everyone,
  input: pageInput,
  output: pageOf(projectView),
  refusals: ['invalid-cursor'],
});

export const updateProject = defineRequest({
  name: 'projects.update',
  service: 'inventory-sync',
  summary: "Classify a project: its tenant, and its purpose. `internal` makes it the operator's own.",
  effect: 'command',
  roles: operators,
  input: z.strictObject({
    project_id: uuid,
    tenant_id: tenantId.nullable().optional(),
    purpose: projectPurpose.optional(),
  }),
  output: projectView,
  refusals: ['not-found', 'invalid-classification'],
});
