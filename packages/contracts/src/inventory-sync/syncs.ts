import { z } from 'zod';
import { fleetStaff, operators, staff } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { uuid } from '../ids.ts';
import { instantText } from '../time.ts';
import { kindName } from './fields.ts';

/** How one listing of one kind went. */
export const sweepView = z.object({
  sweep_id: uuid.describe('Id of the listing.'),
  job: z.string().meta({ description: 'Job that made it.', example: 'inventory.sync-droplets' }),
  kind: z.string().meta({ description: 'Kind of resource that it listed.', example: 'droplet' }),
  status: z
    .enum(['running', 'complete', 'incomplete', 'failed', 'parked', 'confirmed', 'unavailable'])
    .describe(
      'Status; `parked`: too many resources would count as deleted at once, an operator must confirm it; `unavailable`: the provider has no such listing for the account, and no such resource was ever listed.',
    ),
  started_at: instantText.describe('Instant of its start.'),
  completed_at: instantText.nullable().describe('Instant of its end; null while it runs.'),
  count: z
    .int()
    .min(0)
    .nullable()
    .meta({ description: 'Distinct resources that it listed; null while it runs.', example: 120 }),
  total: z
    .int()
    .min(0)
    .nullable()
    .meta({ description: 'Number of resources that the provider announced; null: it announced none.', example: 120 }),
  discovered: z.int().min(0).meta({ description: 'Resources listed for the first time.', example: 1 }),
  changed: z.int().min(0).meta({ description: 'Resources that differ from their last state.', example: 2 }),
  missing: z.int().min(0).meta({ description: 'Known resources that it did not list.', example: 0 }),
  deleted: z.int().min(0).meta({ description: 'Resources that count as deleted since.', example: 0 }),
  detail: z.string().nullable().meta({
    description: 'Reason that it is not complete, one sentence; null when it is.',
    example: 'The provider answered 503.',
  }),
});

/** The request budget of one token at the provider. */
export const tokenBudgetView = z.object({
  purposes: z
    .array(z.enum(['sync-fast', 'sync-full']))
    .meta({ description: 'Syncs that use the token.', example: ['sync-fast', 'sync-full'] }),
  limit: z
    .int()
    .nullable()
    .meta({ description: 'Requests that the provider allows in an hour; null: not known yet.', example: 5000 }),
  remaining: z.int().nullable().meta({
    description:
      'Requests of the hour that were left at `counted_at`, as the provider counts them for everything that uses the token; null: not known yet.',
    example: 4312,
  }),
  counted_at: instantText.nullable().describe('Instant of that count; null: not known yet.'),
  waiting_until: instantText
    .nullable()
    .describe('Requests wait until then, because the provider asked for it; null: none waits.'),
});

/** A requested sync with its jobs and listings. */
export const syncView = z.object({
  sync_id: uuid.describe('Id of the requested sync.'),
  requested_at: instantText.describe('Instant of the request.'),
  requested_by: z
    .string()
    .meta({ description: 'Subject of the person or service that requested it.', example: 'user:ada' }),
  status: z.enum(['running', 'complete', 'incomplete']).describe('Status of the whole sync.'),
  jobs: z
    .array(
      z.object({
        job: z.string().meta({ description: 'Name of the job.', example: 'inventory.sync-droplets' }),
        status: z.enum(['waiting', 'running', 'done']).describe('Status of the job.'),
        is_background: z
          .boolean()
          .describe('True: it needs many requests and follows within what the other jobs leave of the request budget.'),
      }),
    )
    .describe('Its jobs.'),
  waiting_until: instantText
    .nullable()
    .describe("Requests of the sync wait until then for the provider's limits; null: none waits."),
  sweeps: z.array(sweepView).describe('The listings that its jobs have made so far.'),
});

export const startSync = defineRequest({
  name: 'inventory.sync',
  service: 'inventory-sync',
  summary: 'Start a sync of the named kinds, or of all kinds. The reply contains the id by which to follow it.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({
    kinds: z
      .array(kindName)
      .min(1)
      .max(50)
      .optional()
      .meta({ description: 'Kinds to list; all when absent.', example: ['droplet'] }),
  }),
  output: syncView,
  refusals: ['unknown-kind'],
});

export const getSync = defineRequest({
  name: 'inventory.sync-run',
  service: 'inventory-sync',
  summary: 'Get the status of a requested sync.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({ sync_id: uuid.describe('Id of the requested sync.') }),
  output: syncView,
  refusals: ['not-found'],
});

export const getSyncState = defineRequest({
  name: 'inventory.sync-state',
  service: 'inventory-sync',
  summary:
    'Get the state of the sync by kind: the newest listing, the newest complete one, and a parked one that waits for an operator.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({}),
  output: z.object({
    is_ok: z.boolean().describe('True: every kind is in order.'),
    budgets: z.array(tokenBudgetView).describe('The request budget of each token of the syncs.'),
    kinds: z
      .array(
        z.object({
          kind: z.string().meta({ description: 'Kind of resource.', example: 'droplet' }),
          job: z.string().meta({ description: 'Job that lists it.', example: 'inventory.sync-droplets' }),
          last: sweepView.nullable().describe('The newest listing; null: none yet.'),
          last_complete_at: instantText
            .nullable()
            .describe('Instant at which the newest complete listing ended; null: none yet.'),
          parked: sweepView
            .nullable()
            .describe(
              'The newest parked listing since the last complete one, which waits for an operator or for a listing that disproves it; null: none.',
            ),
          is_ok: z.boolean().describe('True: the newest listing was complete.'),
        }),
      )
      .describe('One entry for each kind.'),
    not_listed: z.array(z.string()).meta({
      description:
        'What the provider bills and no listing shows, and what is known of some resources only in part; an inventory without it does not mean an account without it.',
      example: ['functions', 'sizes of Spaces buckets: set SPACES_KEY and SPACES_SECRET'],
    }),
    unknown_types: z
      .array(
        z.object({
          type: z.string().meta({ description: "Type of resource in the provider's words.", example: 'microdroplet' }),
          count: z.int().min(1).meta({ description: 'Present resources of that type.', example: 2 }),
        }),
      )
      .describe('Resources of unknown kind: only the URNs that projects list are known of them.'),
  }),
  refusals: [],
});

export const confirmSweep = defineRequest({
  name: 'inventory.confirm-sweep',
  service: 'inventory-sync',
  summary:
    'Confirm a parked listing: the resources missing from it count as deleted, from the start of the first listing in a row that missed them.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({ sweep_id: uuid.describe('Id of the listing.') }),
  output: sweepView,
  refusals: ['not-found', 'sweep-not-parked'],
});
