import { z } from 'zod';
import { operators } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { instantText } from '../time.ts';

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
  roles: operators,
  input: z.strictObject({ resource_id: uuid }),
  output: desiredState,
  refusals: ['not-found'],
});

export const setDesiredState = defineRequest({
  name: 'specs.set',
  service: 'provisioning',
  summary: 'Record what an existing resource ought to be; null: nothing is asked of it any more.',
  effect: 'command',
  roles: operators,
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
