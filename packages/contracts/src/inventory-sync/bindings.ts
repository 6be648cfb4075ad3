import { z } from 'zod';
import { fleetStaff } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { providerField } from '../fields.ts';
import { instantText } from '../time.ts';

export const checkBindings = defineRequest({
  name: 'inventory.check-bindings',
  service: 'inventory-sync',
  summary:
    'Find the projects and tags that the provider’s account does not have. Provisioning requests it for the bindings of a deployment.',
  effect: 'read',
  roles: fleetStaff,
  input: z.strictObject({
    projects: z
      .array(
        z.object({
          provider: providerField,
          provider_project_id: z.string().meta({
            description: 'Id that the provider gave the project.',
            example: '4e1bfbc3-dc3e-41f2-a18f-1b4d7ba71679',
          }),
        }),
      )
      .max(50)
      .describe('Projects to look for.'),
    tags: z
      .array(z.string())
      .max(50)
      .meta({ description: 'Tags to look for, in any case.', example: ['studio-acme'] }),
  }),
  output: z.object({
    missing: z
      .array(
        z.object({
          kind: z
            .enum(['provider', 'project', 'tag'])
            .describe('Sort of the name; `provider`: the provider of a project is not the one that is synced.'),
          name: z.string().meta({ description: 'The name as it was given.', example: 'studio-acmee' }),
          near: z.array(z.string()).meta({
            description: 'Names that differ by at most two letters, the nearest first.',
            example: ['studio-acme'],
          }),
          listed_at: instantText
            .nullable()
            .describe('Instant of the listing that does not contain it; null for a provider.'),
        }),
      )
      .describe(
        'Those that do not exist, as far as it is known: while a listing is not complete, nothing that it could contain is missing.',
      ),
  }),
  refusals: [],
});
