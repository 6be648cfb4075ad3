import { z } from 'zod';
import { actor } from './actor.ts';
import { decimalText } from './decimal.ts';
import { defineEvent, defineRequest } from './define.ts';
import { tenantId, token, uuid } from './ids.ts';
import { json } from './json.ts';
import { pageInput, pageOf } from './page.ts';
import { instantText } from './time.ts';

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

export const deploymentChanged = defineEvent({
  type: 'deployment.changed',
  version: 1,
  stream: 'PROVISIONING',
  owner: 'provisioning',
  summary: 'A deployment as it is after a change, from `effective_at` on.',
  data: deployment.extend({
    revision: z.int().min(1),
    effective_at: instantText,
    change: z.enum(['created', 'updated', 'transitioned']),
    previous_state: deploymentState.nullable(),
    actor: actor.pick({ subject: true }),
    reason: z.string().nullable(),
  }),
  subject: (d) => `deployment.changed.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.deployment_id}:${d.revision}`,
});

export const resourceProvisioned = defineEvent({
  type: 'resource.provisioned',
  version: 1,
  stream: 'PROVISIONING',
  owner: 'provisioning',
  summary: 'What a resource ought to be: the desired state that drift compares with. `spec` null: no longer wanted.',
  data: z.object({
    resource_id: uuid,
    provider: z.string(),
    kind: z.string(),
    provider_id: z.string(),
    deployment_id: uuid.nullable(),
    tenant_id: tenantId.nullable(),
    spec: z.record(z.string(), json).nullable(),
    spec_version: z.int().min(1),
    /** The saga that brought it about; how the resource is, only an observation made after `effective_at` tells. */
    saga_id: uuid.nullable(),
    /** The answer to a request of drift's, when this is one. */
    in_reply_to: z
      .object({
        drift_id: uuid,
        request: z.int().min(1),
        outcome: z.enum(['accepted', 'reverted', 'refused']),
        detail: z.string().nullable(),
      })
      .nullable(),
    effective_at: instantText,
    revision: z.int().min(1),
  }),
  subject: (d) => `resource.provisioned.${d.resource_id}`,
  key: (d) => `${d.resource_id}:${d.revision}`,
});

export const sagaStatus = z.enum(['pending', 'running', 'completed', 'failed', 'compensating', 'rolled_back']);
export const sagaStepStatus = z.enum(['pending', 'running', 'completed', 'failed', 'compensated']);

export const sagaChanged = defineEvent({
  type: 'saga.changed',
  version: 1,
  stream: 'PROVISIONING',
  owner: 'provisioning',
  summary: 'A saga as it stands after a step.',
  data: z.object({
    saga_id: uuid,
    kind: z.string(),
    status: sagaStatus,
    revision: z.int().min(1),
    deployment_id: uuid.nullable(),
    tenant_id: tenantId.nullable(),
    /** The drift whose reversal this saga is, when it is one. */
    drift_id: uuid.nullable(),
    current_index: z.int().min(0),
    steps: z.array(z.object({ name: z.string(), status: sagaStepStatus })),
    error: z.record(z.string(), json).nullable(),
    changed_at: instantText,
  }),
  subject: (d) => `saga.changed.${token(d.kind)}.${d.saga_id}`,
  key: (d) => `${d.saga_id}:${d.revision}`,
});

/** A deployment as it stands, with the revision of its last change. */
export const deploymentView = deployment.extend({
  revision: z.int().min(1),
  updated_at: instantText,
});

const slug = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and hyphens, such as my-app');
const words = z.string().min(1).max(200);
const reason = z.string().min(1).max(500);

const providerTag = z
  .string()
  .max(255)
  .regex(/^[\w:-]+$/, 'a tag of letters, digits, colons, hyphens and underscores');

const everyone = ['platform_admin', 'tenant'] as const;
const operators = ['platform_admin'] as const;

export const listDeployments = defineRequest({
  name: 'deployments.list',
  service: 'provisioning',
  summary: 'Deployments, by slug. A tenant sees its own.',
  effect: 'read',
  roles: [...everyone],
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
  roles: [...everyone],
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
  roles: [...everyone],
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
  roles: [...everyone],
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
  roles: [...everyone],
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
  roles: [...everyone],
  input: z.strictObject({
    deployment_id: uuid,
    to: deploymentState,
    reason: reason.optional(),
    effective_at: instantText.optional(),
  }),
  output: deploymentView,
  refusals: ['not-found', 'forbidden', 'transition-not-allowed', 'effective-at-refused'],
});

export const sagaKind = z.enum([
  'provision_droplet',
  'resize_droplet',
  'suspend',
  'resume',
  'offboard',
  'echo',
  'fail',
]);
export type SagaKind = z.infer<typeof sagaKind>;

const dropletName = z
  .string()
  .max(255)
  .regex(/^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/, 'letters, digits, dots and hyphens');
const sizeSlug = z.string().min(1).max(100);

/** What each kind of saga is given. Droplets are named by our resource id or by the provider's. */
export const sagaInputs = {
  provision_droplet: z.strictObject({
    deployment_id: uuid.optional(),
    name: dropletName,
    region: z.string().min(1).max(32),
    size_slug: sizeSlug,
    image: z.string().min(1).max(255),
    tags: z.array(providerTag).max(50).default([]),
    /** The project it is put in; without it the deployment's own, and without that the account's default. */
    provider_project_id: z.string().optional(),
    ssh_keys: z
      .array(z.union([z.int(), z.string()]))
      .max(50)
      .default([]),
    user_data: z.string().max(65_536).optional(),
    vpc_uuid: z.string().optional(),
    monitoring: z.boolean().default(true),
    ipv6: z.boolean().default(false),
  }),
  resize_droplet: z.strictObject({
    provider_id: z.string().regex(/^\d+$/, "the provider's number of the droplet"),
    size_slug: sizeSlug,
    /** Grow the disk too. It never shrinks again, so the resize cannot be taken back. */
    disk: z.boolean().default(false),
    deployment_id: uuid.optional(),
    /** It interrupts the droplet: the droplet's name. */
    confirm: z.string(),
  }),
  suspend: z.strictObject({
    deployment_id: uuid,
    confirm: z.string(),
    reason: reason.optional(),
  }),
  resume: z.strictObject({ deployment_id: uuid, reason: reason.optional() }),
  offboard: z.strictObject({
    deployment_id: uuid,
    confirm: z.string(),
    final_snapshot: z.boolean().default(false),
    /** What goes with the droplets, by the provider's id. What is not named is kept. */
    delete_with: z
      .strictObject({
        volumes: z.array(z.string()).default([]),
        snapshots: z.array(z.string()).default([]),
        volume_snapshots: z.array(z.string()).default([]),
        reserved_ips: z.array(z.string()).default([]),
      })
      .prefault({}),
    reason: reason.optional(),
  }),
  /** Teaching: each step echoes, or fails. */
  echo: z.strictObject({
    steps: z
      .array(z.enum(['echo', 'fail']))
      .min(1)
      .max(20)
      .default(['echo', 'echo', 'fail']),
    message: z.string().max(200).default('echo'),
  }),
  /** Teaching: echo, echo, fail. */
  fail: z.strictObject({ message: z.string().max(200).default('fail') }),
} as const satisfies Record<SagaKind, z.ZodObject>;

/** For whoever reads the API's description: the inputs of every kind, those that may be left out in brackets. */
const inputsByKind = Object.entries(sagaInputs)
  .map(([kind, { shape }]) => {
    const names = Object.entries(shape).map(([name, field]) =>
      field.safeParse(undefined).success ? `[${name}]` : name,
    );
    return `${kind}: ${names.join(', ')}.`;
  })
  .join(' ');

export const sagaSummary = z.object({
  saga_id: uuid,
  kind: z.string(),
  status: sagaStatus,
  deployment_id: uuid.nullable(),
  tenant_id: tenantId.nullable(),
  resource_id: uuid.nullable(),
  drift_id: uuid.nullable(),
  current_index: z.int().min(0),
  steps: z.array(z.object({ name: z.string(), status: sagaStepStatus })),
  error: z.record(z.string(), json).nullable(),
  is_cancel_requested: z.boolean(),
  started_by: z.string(),
  created_at: instantText,
  changed_at: instantText,
  finished_at: instantText.nullable(),
});

export const sagaAttempt = z.object({
  attempt: z.int().min(1),
  direction: z.enum(['forward', 'backward']),
  outcome: z.enum(['running', 'completed', 'failed', 'abandoned']),
  error: z.string().nullable(),
  replica: z.string(),
  started_at: instantText,
  finished_at: instantText.nullable(),
});

export const sagaView = sagaSummary.extend({
  inputs: z.record(z.string(), json),
  context: z.record(z.string(), json),
  ledger: z.array(
    z.object({
      index: z.int().min(0),
      name: z.string(),
      status: sagaStepStatus,
      output: json,
      error: z.string().nullable(),
      /** Why its compensation could not be done, when it could not. */
      compensation_error: z.string().nullable(),
      started_at: instantText.nullable(),
      finished_at: instantText.nullable(),
      attempts: z.array(sagaAttempt),
    }),
  ),
});

export const listSagas = defineRequest({
  name: 'sagas.list',
  service: 'provisioning',
  summary: 'Sagas, newest first.',
  effect: 'read',
  roles: [...operators],
  input: pageInput.extend({
    status: sagaStatus.optional(),
    kind: sagaKind.optional(),
    deployment: uuid.optional(),
  }),
  output: pageOf(sagaSummary),
  refusals: ['invalid-cursor'],
});

export const getSaga = defineRequest({
  name: 'sagas.get',
  service: 'provisioning',
  summary: 'One saga with its ledger: every step, every attempt.',
  effect: 'read',
  roles: [...operators],
  input: z.strictObject({ saga_id: uuid }),
  output: sagaView,
  refusals: ['not-found'],
});

export const startSaga = defineRequest({
  name: 'sagas.start',
  service: 'provisioning',
  summary:
    'Start a saga. What interrupts or destroys wants `confirm`: the slug of the deployment, or the name of the droplet.',
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({
    kind: sagaKind,
    inputs: z.record(z.string(), json).default({}).describe(inputsByKind),
  }),
  output: sagaSummary,
  refusals: ['invalid-inputs', 'not-found', 'confirmation-needed', 'conflict', 'transition-not-allowed'],
});

export const cancelSaga = defineRequest({
  name: 'sagas.cancel',
  service: 'provisioning',
  summary: 'Ask a saga to stop before its next step and to undo what it did.',
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({ saga_id: uuid, reason: reason.optional() }),
  output: sagaSummary,
  refusals: ['not-found', 'conflict'],
});

export const quoteSaga = defineRequest({
  name: 'sagas.quote',
  service: 'provisioning',
  summary: 'What a provision or a resize would cost at the provider, and whether it would take it. Changes nothing.',
  effect: 'read',
  roles: [...operators],
  input: z.strictObject({
    kind: z.enum(['provision_droplet', 'resize_droplet']),
    inputs: z.record(z.string(), json).describe(inputsByKind),
  }),
  output: z.object({
    size_slug: z.string(),
    price_monthly: decimalText,
    price_hourly: decimalText,
    currency: z.string(),
    /** Why it would be refused; empty when it would not. */
    problems: z.array(z.string()),
  }),
  refusals: ['invalid-inputs', 'unknown-size', 'unavailable'],
});

/** A field of a spec; the names of what drift itself adds begin with `@`. */
export const specField = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a field such as size_slug');

export const desiredState = z.object({
  resource_id: uuid,
  provider: z.string(),
  kind: z.string(),
  provider_id: z.string(),
  deployment_id: uuid.nullable(),
  tenant_id: tenantId.nullable(),
  spec: z.record(z.string(), json).nullable(),
  spec_version: z.int().min(1),
  saga_id: uuid.nullable(),
  updated_at: instantText,
});

export const getDesiredState = defineRequest({
  name: 'specs.get',
  service: 'provisioning',
  summary: 'What a resource ought to be.',
  effect: 'read',
  roles: [...operators],
  input: z.strictObject({ resource_id: uuid }),
  output: desiredState,
  refusals: ['not-found'],
});

export const setDesiredState = defineRequest({
  name: 'specs.set',
  service: 'provisioning',
  summary: 'Record what an existing resource ought to be; null: nothing is asked of it any more.',
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({
    resource_id: uuid,
    /** Needed for a resource that inventory has not said anything about yet. */
    provider: z.string().min(1).max(64).optional(),
    kind: z.string().min(1).max(64).optional(),
    provider_id: z.string().min(1).max(255).optional(),
    spec: z.record(specField, json).nullable(),
    /** The version it replaces; without it, whatever stands. */
    spec_version: z.int().min(0).optional(),
  }),
  output: desiredState,
  refusals: ['not-found', 'resource-id-mismatch', 'version-conflict'],
});

/** The fields that a saga can put back, by kind of resource: those of which drift may be reverted. */
export const restorableFields: Readonly<Record<string, readonly string[]>> = {
  droplet: ['size_slug'],
};
