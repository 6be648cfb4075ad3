import { z } from 'zod';
import { customerFleet, everyone } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { deploymentIdField, providerField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { pageInput, pageOf, searchField, sortField } from '../page.ts';
import { instantText } from '../time.ts';
import { providerTag, reason, slug, words } from './fields.ts';

/** State of a deployment. `archived` is final. */
export const deploymentState = z.enum(['trial', 'active', 'past_due', 'paused', 'suspended', 'cancelled', 'archived']);

/** State of a deployment. */
export type DeploymentState = z.infer<typeof deploymentState>;

/** A provider project whose members belong to a deployment. */
export const projectBinding = z.object({
  provider: providerField,
  provider_project_id: z
    .string()
    .meta({ description: 'Id that the provider gave the project.', example: '4e1bfbc3-dc3e-41f2-a18f-1b4d7ba71679' }),
});

/** A deployment: the product that a tenant runs and is billed for. */
export const deployment = z.object({
  deployment_id: uuid.describe('Id of the deployment.'),
  tenant_id: tenantId.describe('Id of the tenant that owns it.'),
  slug: z.string().meta({ description: 'Short name, unique among all deployments.', example: 'my-app' }),
  display_name: z.string().meta({ description: 'Name for people.', example: 'My App' }),
  region: z
    .string()
    .nullable()
    .meta({ description: "Region it runs in, in the provider's words; null: none named.", example: 'syd1' }),
  state: deploymentState.describe('State of its life cycle.'),
  llm_mode: z
    .string()
    .nullable()
    .meta({ description: 'Mode of its language models; kept for the tenant, without effect here.', example: 'shared' }),
  billing_action_suspended: z
    .boolean()
    .describe(
      'True: the operator holds the automatic transitions to past_due and suspended. Usage is billed all the same.',
    ),
  template_code: z
    .string()
    .nullable()
    .meta({ description: 'Code of the template it was made from.', example: 'studio' }),
  template_version: z.string().nullable().meta({ description: 'Version of that template.', example: '1.4.0' }),
  project_bindings: z
    .array(projectBinding)
    .describe('Provider projects; resources that name one of them, or that one lists, belong to this deployment.'),
  tag_bindings: z.array(z.string()).meta({
    description:
      'Provider tags; resources that carry one belong to this deployment. The tag `deployment:<deployment id>` always counts.',
    example: ['studio-acme'],
  }),
  created_at: instantText.describe('Instant of creation.'),
});

/** A deployment as it is now, with the revision of its last change. */
export const deploymentView = deployment.extend({
  revision: z.int().min(1).meta({ description: 'Revision of its last change, counted from 1.', example: 3 }),
  updated_at: instantText.describe('Instant of the last change.'),
});

export const listDeployments = defineRequest({
  name: 'deployments.list',
  service: 'provisioning',
  summary: 'List deployments by slug. A tenant sees its own.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    status: deploymentState.optional().describe('Only deployments in this state.'),
    tenant_id: tenantId.optional().describe('Only deployments of this tenant.'),
    q: searchField('Only deployments whose slug or name contains this text, upper or lower case.'),
    sort: sortField(['slug', 'display_name', 'created_at', 'updated_at']),
  }),
  output: pageOf(deploymentView),
  refusals: ['invalid-cursor'],
});

export const getDeployment = defineRequest({
  name: 'deployments.get',
  service: 'provisioning',
  summary: 'Get a deployment.',
  effect: 'read',
  roles: everyone,
  input: z.strictObject({ deployment_id: deploymentIdField }),
  output: deploymentView,
  refusals: ['not-found'],
  isVersioned: true,
});

/** An entry of a deployment's history. */
export const deploymentEvent = z.object({
  deployment_id: uuid.describe('Id of the deployment.'),
  revision: z.int().min(1).meta({ description: 'Revision that this change made, counted from 1.', example: 3 }),
  change: z.enum(['created', 'updated', 'transitioned']).describe('Sort of the change.'),
  previous_state: deploymentState.nullable().describe('State before the change; null for the creation.'),
  state: deploymentState.describe('State after the change.'),
  changed: z.record(z.string(), json).meta({
    description: 'The fields that an update changed, with their new values.',
    example: { display_name: 'My App' },
  }),
  actor: z
    .string()
    .meta({ description: 'Subject of the person or service that made the change.', example: 'service:invoicing' }),
  reason: z
    .string()
    .nullable()
    .meta({ description: 'Reason given with the change; null: none.', example: 'customer request' }),
  effective_at: instantText.describe('Instant from which the change holds.'),
});

export const listDeploymentEvents = defineRequest({
  name: 'deployments.events',
  service: 'provisioning',
  summary: 'List the changes of a deployment, newest first, with their author and reason.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ deployment_id: deploymentIdField }),
  output: pageOf(deploymentEvent),
  refusals: ['not-found', 'invalid-cursor'],
});

/** Bindings are checked against the inventory; a project or tag that will be made later is accepted only if the request states so. */
const allowUnknownBindings = z
  .boolean()
  .optional()
  .describe(
    'True: accept projects and tags that the provider’s account does not have yet. Otherwise they are refused. Operators only.',
  );

export const createDeployment = defineRequest({
  name: 'deployments.create',
  service: 'provisioning',
  summary:
    'Create a deployment. It starts active; only an operator may choose its id, tenant, state, start and bindings.',
  effect: 'command',
  roles: customerFleet,
  input: z.strictObject({
    deployment_id: uuid.optional().describe('Id to use instead of a new one. Operators only.'),
    tenant_id: tenantId.optional().describe("Tenant that owns it; the caller's own when absent. Operators only."),
    slug: slug.meta({ description: 'Short name, unique among all deployments.', example: 'my-app' }),
    display_name: words.optional().meta({ description: 'Name for people; the slug when absent.', example: 'My App' }),
    region: z
      .string()
      .max(32)
      .nullable()
      .optional()
      .meta({ description: "Region it runs in, in the provider's words.", example: 'syd1' }),
    state: deploymentState.optional().describe('First state, `active` when absent. Operators only.'),
    llm_mode: z
      .string()
      .max(64)
      .nullable()
      .optional()
      .meta({ description: 'Mode of its language models.', example: 'shared' }),
    billing_action_suspended: z
      .boolean()
      .optional()
      .describe('True: hold the automatic transitions to past_due and suspended. Operators only.'),
    template_code: z
      .string()
      .max(64)
      .nullable()
      .optional()
      .meta({ description: 'Code of the template it is made from.', example: 'studio' }),
    template_version: z
      .string()
      .max(64)
      .nullable()
      .optional()
      .meta({ description: 'Version of that template.', example: '1.4.0' }),
    project_bindings: z
      .array(projectBinding)
      .max(50)
      .optional()
      .describe('Provider projects; their members belong to this deployment. Operators only.'),
    tag_bindings: z
      .array(providerTag)
      .max(50)
      .optional()
      .meta({
        description: 'Provider tags; resources that carry one belong to this deployment. Operators only.',
        example: ['studio-acme'],
      }),
    allow_unknown_bindings: allowUnknownBindings,
    effective_at: instantText.optional().describe('Instant from which it exists; now when absent. Operators only.'),
  }),
  output: deploymentView,
  refusals: [
    'forbidden',
    'tenant-missing',
    'unknown-tenant',
    'unknown-binding',
    'unknown-template',
    'unknown-region',
    'already-exists',
    'conflict',
    'effective-at-refused',
  ],
});

export const updateDeployment = defineRequest({
  name: 'deployments.update',
  service: 'provisioning',
  summary:
    'Update the given fields of a deployment. A tenant may change the display name and the llm mode, an operator every field.',
  effect: 'command',
  roles: customerFleet,
  input: z.strictObject({
    deployment_id: uuid.describe('Id of the deployment.'),
    display_name: words.optional().meta({ description: 'Name for people.', example: 'My App' }),
    region: z
      .string()
      .max(32)
      .nullable()
      .optional()
      .meta({ description: "Region it runs in, in the provider's words. Operators only.", example: 'syd1' }),
    llm_mode: z
      .string()
      .max(64)
      .nullable()
      .optional()
      .meta({ description: 'Mode of its language models.', example: 'shared' }),
    billing_action_suspended: z
      .boolean()
      .optional()
      .describe('True: hold the automatic transitions to past_due and suspended. Operators only.'),
    template_code: z
      .string()
      .max(64)
      .nullable()
      .optional()
      .meta({ description: 'Code of the template it was made from. Operators only.', example: 'studio' }),
    template_version: z
      .string()
      .max(64)
      .nullable()
      .optional()
      .meta({ description: 'Version of that template. Operators only.', example: '1.4.0' }),
    project_bindings: z
      .array(projectBinding)
      .max(50)
      .optional()
      .describe('Replaces its provider projects. Operators only.'),
    tag_bindings: z
      .array(providerTag)
      .max(50)
      .optional()
      .meta({ description: 'Replaces its provider tags. Operators only.', example: ['studio-acme'] }),
    move_bindings: z
      .boolean()
      .default(false)
      .describe(
        'True: take the projects and tags away from the deployments that have them, at the same instant. False: that is refused.',
      ),
    allow_unknown_bindings: allowUnknownBindings,
    effective_at: instantText
      .optional()
      .describe('Instant from which the change holds; now when absent. Operators only.'),
    reason: reason.optional().meta({ description: 'Reason, kept in the history.', example: 'renamed by the customer' }),
  }),
  output: deploymentView,
  refusals: [
    'not-found',
    'forbidden',
    'unknown-binding',
    'unknown-template',
    'unknown-region',
    'conflict',
    'effective-at-refused',
  ],
  edits: edited(getDeployment, ['deployment_id']),
});

export const transitionDeployment = defineRequest({
  name: 'deployments.transition',
  service: 'provisioning',
  summary: 'Move a deployment to another state. A tenant may pause, resume and cancel it.',
  effect: 'command',
  roles: customerFleet,
  input: z.strictObject({
    deployment_id: uuid.describe('Id of the deployment.'),
    to: deploymentState.describe('State to move to.'),
    reason: reason.optional().meta({ description: 'Reason, kept in the history.', example: 'customer request' }),
    effective_at: instantText
      .optional()
      .describe('Instant from which the new state holds; now when absent. Operators only.'),
  }),
  output: deploymentView,
  refusals: ['not-found', 'forbidden', 'transition-not-allowed', 'effective-at-refused'],
  edits: edited(getDeployment, ['deployment_id']),
});
