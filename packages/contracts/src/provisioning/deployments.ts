import { z } from 'zod';
import { everyone } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';
import { providerTag, reason, slug, words } from './fields.ts';

export const deploymentState = z.enum(['trial', 'active', 'past_due', 'paused', 'suspended', 'cancelled', 'archived']);

export type DeploymentState = z.infer<typeof deploymentState>;

/** What makes a resource a deployment's: membership of a provider project, or one of `tag_bindings`. */
export const projectBinding = z.object({
  provider: z.string(),
  provider_project_id: z.string(),
});

export const deployment = z.object({
  deployment_id: uuid,
  tenant_id: tenantId,
  slug: z.string(),
  display_name: z.string(),
  region: z.string().nullable(),
  state: deploymentState,
  llm_mode: z.string().nullable(),
  /** The operator holds automatic past_due and suspend actions; usage is billed all the same. */
  billing_action_suspended: z.boolean(),
  template_code: z.string().nullable(),
  template_version: z.string().nullable(),
  project_bindings: z.array(projectBinding),
  /** Tags that make a resource this deployment's, besides `deployment:<deployment id>`, which always does. */
  tag_bindings: z.array(z.string()),
  created_at: instantText,
});

/** A deployment as it stands, with the revision of its last change. */
export const deploymentView = deployment.extend({
  revision: z.int().min(1),
  updated_at: instantText,
});

export const listDeployments = defineRequest({
  name: 'deployments.list',
  service: 'provisioning',
  summary: 'Deployments, by slug. A tenant sees its own.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    state: deploymentState.optional(),
    tenant: tenantId.optional(),
  }),
  output: pageOf(deploymentView),
  refusals: ['invalid-cursor'],
});

export const getDeployment = defineRequest({
  name: 'deployments.get',
  service: 'provisioning',
  summary: 'One deployment.',
  effect: 'read',
  roles: everyone,
  input: z.strictObject({ deployment_id: uuid }),
  output: deploymentView,
  refusals: ['not-found'],
});

export const deploymentEvent = z.object({
  deployment_id: uuid,
  revision: z.int().min(1),
  change: z.enum(['created', 'updated', 'transitioned']),
  previous_state: deploymentState.nullable(),
  state: deploymentState,
  /** The fields that an update changed, with their new values. */
  changed: z.record(z.string(), json),
  actor: z.string(),
  reason: z.string().nullable(),
  effective_at: instantText,
});

export const listDeploymentEvents = defineRequest({
  name: 'deployments.events',
  service: 'provisioning',
  summary: "A deployment's history, newest first, with who did what and why.",
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ deployment_id: uuid }),
  output: pageOf(deploymentEvent),
  refusals: ['not-found', 'invalid-cursor'],
});

export const createDeployment = defineRequest({
  name: 'deployments.create',
  service: 'provisioning',
  summary:
    'A new deployment. It starts active. Only an operator may name its id, its tenant, its state, its date and its bindings.',
  effect: 'command',
  roles: everyone,
  input: z.strictObject({
    deployment_id: uuid.optional(),
    tenant_id: tenantId.optional(),
    slug,
    display_name: words.optional(),
    region: z.string().max(32).nullable().optional(),
    state: deploymentState.optional(),
    llm_mode: z.string().max(64).nullable().optional(),
    billing_action_suspended: z.boolean().optional(),
    template_code: z.string().max(64).nullable().optional(),
    template_version: z.string().max(64).nullable().optional(),
    project_bindings: z.array(projectBinding).max(50).optional(),
    tag_bindings: z.array(providerTag).max(50).optional(),
    effective_at: instantText.optional(),
  }),
  output: deploymentView,
  refusals: ['forbidden', 'tenant-missing', 'already-exists', 'conflict', 'effective-at-refused'],
});

export const updateDeployment = defineRequest({
  name: 'deployments.update',
  service: 'provisioning',
  summary: 'Change what is given. A tenant may change the display name and the llm mode, an operator all of it.',
  effect: 'command',
  roles: everyone,
  input: z.strictObject({
    deployment_id: uuid,
    display_name: words.optional(),
    region: z.string().max(32).nullable().optional(),
    llm_mode: z.string().max(64).nullable().optional(),
    /** Holds automatic past_due and suspend actions. */
    billing_action_suspended: z.boolean().optional(),
    template_code: z.string().max(64).nullable().optional(),
    template_version: z.string().max(64).nullable().optional(),
    project_bindings: z.array(projectBinding).max(50).optional(),
    tag_bindings: z.array(providerTag).max(50).optional(),
    /** Take projects and tags away from the deployments that have them, at the same instant; without it that is refused. */
    move_bindings: z.boolean().default(false),
    effective_at: instantText.optional(),
    reason: reason.optional(),
  }),
  output: deploymentView,
  refusals: ['not-found', 'forbidden', 'conflict', 'effective-at-refused'],
});

export const transitionDeployment = defineRequest({
  name: 'deployments.transition',
  service: 'provisioning',
  summary: 'Move a deployment to another state. A tenant may pause, go on, and cancel.',
  effect: 'command',
  roles: everyone,
  input: z.strictObject({
    deployment_id: uuid,
    to: deploymentState,
    reason: reason.optional(),
    effective_at: instantText.optional(),
  }),
  output: deploymentView,
  refusals: ['not-found', 'forbidden', 'transition-not-allowed', 'effective-at-refused'],
});
