import { z } from 'zod';
import { operators } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { uuid } from '../ids.ts';
import { instantText } from '../time.ts';
import { kindName } from './fields.ts';

/** How one listing of one kind went. */
export const sweepView = z.object({
  sweep_id: uuid,
  job: z.string(),
  kind: z.string(),
  /** `parked`: too much would vanish at once; an operator must confirm. */
  status: z.enum(['running', 'complete', 'incomplete', 'failed', 'parked', 'confirmed']),
  started_at: instantText,
  completed_at: instantText.nullable(),
  /** Distinct resources it showed. */
  count: z.int().min(0).nullable(),
  /** What the provider said there would be. */
  total: z.int().min(0).nullable(),
  discovered: z.int().min(0),
  changed: z.int().min(0),
  missing: z.int().min(0),
  deleted: z.int().min(0),
  /** Why it is not complete, in a sentence. */
  detail: z.string().nullable(),
});

export const syncView = z.object({
  sync_id: uuid,
  requested_at: instantText,
  requested_by: z.string(),
  status: z.enum(['running', 'complete', 'incomplete']),
  jobs: z.array(
    z.object({
      job: z.string(),
      status: z.enum(['waiting', 'running', 'done']),
    }),
  ),
  sweeps: z.array(sweepView),
});

export const startSync = defineRequest({
  name: 'inventory.sync',
  service: 'inventory-sync',
  summary: 'List kinds now, all of them unless named. The answer names the run, to follow it.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({ kinds: z.array(kindName).min(1).max(50).optional() }),
  output: syncView,
  refusals: ['unknown-kind'],
});

export const getSync = defineRequest({
  name: 'inventory.sync-run',
  service: 'inventory-sync',
  summary: 'How a run that was asked for stands.',
  effect: 'read',
  roles: operators,
  input: z.strictObject({ sync_id: uuid }),
  output: syncView,
  refusals: ['not-found'],
});

export const getSyncState = defineRequest({
  name: 'inventory.sync-state',
  service: 'inventory-sync',
  summary: 'Of each kind the last listing and the last complete one, and what waits for an operator.',
  effect: 'read',
  roles: operators,
  input: z.strictObject({}),
  output: z.object({
    is_ok: z.boolean(),
    kinds: z.array(
      z.object({
        kind: z.string(),
        job: z.string(),
        last: sweepView.nullable(),
        last_complete_at: instantText.nullable(),
        /** The newest parked listing since the last complete one: it waits for an operator to confirm it, or to be disproved. */
        parked: sweepView.nullable(),
        is_ok: z.boolean(),
      }),
    ),
  }),
  refusals: [],
});

export const confirmSweep = defineRequest({
  name: 'inventory.confirm-sweep',
  service: 'inventory-sync',
  summary:
    'A parked listing was right: what it no longer showed is gone, from the start of the first one in a row that missed it.',
  effect: 'command',
  roles: operators,
  input: z.strictObject({ sweep_id: uuid }),
  output: sweepView,
  refusals: ['not-found', 'sweep-not-parked'],
});
