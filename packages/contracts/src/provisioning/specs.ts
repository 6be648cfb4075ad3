import { z } from 'zod';
import { operators, staff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { providerField, providerIdField, resourceIdField, resourceKindField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { instantText } from '../time.ts';

/** A field of a desired state. Fields that drift adds begin with `@`. */
export const specField = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a field such as size_slug');

/** The desired state of a resource, with which drift compares the actual one. */
export const desiredState = z.object({
  resource_id: uuid.describe('Id of the resource, the same in every service.'),
  provider: providerField,
  kind: resourceKindField,
  provider_id: providerIdField,
  deployment_id: uuid.nullable().describe('Deployment that the resource is for; null: none.'),
  tenant_id: tenantId.nullable().describe('Tenant that owns that deployment; null: none.'),
  spec: z
    .record(z.string(), json)
    .nullable()
    .meta({
      description: 'Expected fields and their values; null: no desired state.',
      example: { size_slug: 's-2vcpu-4gb' },
    }),
  spec_version: z.int().min(1).meta({ description: 'Version of the desired state, counted from 1.', example: 2 }),
  saga_id: uuid.nullable().describe('The saga that last changed it; null: set by hand.'),
  updated_at: instantText.describe('Instant of the last change.'),
});

export const getDesiredState = defineRequest({
  name: 'specs.get',
  service: 'provisioning',
  summary: 'Get the desired state of a resource.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({ resource_id: resourceIdField }),
  output: desiredState,
  refusals: ['not-found'],
  isVersioned: true,
});

export const setDesiredState = defineRequest({
  name: 'specs.set',
  service: 'provisioning',
  summary: 'Set the desired state of an existing resource; null removes it.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({
    resource_id: uuid.describe('Id of the resource.'),
    provider: z.string().min(1).max(64).optional().meta({
      description: 'Name of the cloud provider. Required for a resource that inventory has not observed yet.',
      example: 'digitalocean',
    }),
    kind: z.string().min(1).max(64).optional().meta({
      description: 'Kind of the resource. Required for a resource that inventory has not observed yet.',
      example: 'droplet',
    }),
    provider_id: z.string().min(1).max(255).optional().meta({
      description: 'Id that the provider gave it. Required for a resource that inventory has not observed yet.',
      example: '3164494',
    }),
    spec: z
      .record(specField, json)
      .nullable()
      .meta({
        description: 'Expected fields and their values; null: no desired state any more.',
        example: { size_slug: 's-2vcpu-4gb' },
      }),
    spec_version: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Version that this replaces, 0 for the first one; any version when absent.', example: 2 }),
  }),
  output: desiredState,
  refusals: ['not-found', 'unknown-region', 'unknown-size', 'resource-id-mismatch', 'version-conflict'],
  edits: edited(getDesiredState, ['resource_id']),
});

/** The fields that a saga can restore, by kind of resource: only their drift can be reverted. */
export const restorableFields: Readonly<Record<string, readonly string[]>> = {
  droplet: ['size_slug'],
};
