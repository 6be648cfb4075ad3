import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { summedText } from './fields.ts';

/** A period worked out again from what was observed and reported, as it lies on the streams, beside the facts that stand. */
export const replay = z.object({
  replay_id: uuid,
  period: periodText,
  /** `agrees`: every fact is what the streams make of it. `applied`: what differed is being metered again. */
  status: z.enum(['running', 'agrees', 'differs', 'applied', 'failed']),
  is_applying: z.boolean(),
  /** What was read: observations, reports, and messages that could not be understood. */
  observations: z.int().min(0),
  reports: z.int().min(0),
  unreadable: z.int().min(0),
  /** Lines of facts that the streams make, and those of either side that differ; what is to be metered again anyway is pending. */
  lines: z.int().min(0),
  differing: z.int().min(0),
  pending: z.int().min(0),
  asked_by: z.string(),
  started_at: instantText,
  completed_at: instantText.nullable(),
  /** Why it failed; null otherwise. */
  detail: z.string().nullable(),
});

/** What one tenant's usage of a kind comes to on either side, over the lines that differ. */
export const replayedTenant = z.object({
  tenant_id: tenantId,
  kind: usageKind,
  divisor: decimalText,
  lines: z.int().min(1),
  unit_seconds: summedText,
  replayed_unit_seconds: summedText,
});

/** A line of a fact that differs: null where that side has none. */
export const replayDifference = z.object({
  tenant_id: tenantId,
  deployment_id: uuid,
  resource_id: uuid.nullable(),
  kind: usageKind,
  granularity: z.enum(['daily', 'hourly']),
  period_start: instantText,
  divisor: decimalText,
  unit_seconds: summedText.nullable(),
  replayed_unit_seconds: summedText.nullable(),
  is_pending: z.boolean(),
});

export const startReplay = defineRequest({
  name: 'replays.start',
  service: 'metering',
  summary:
    'Work a period out again from the streams and compare it with the facts that stand; applied, what was lost is taken in and what differs is metered again.',
  effect: 'command',
  roles: operators,
  input: z.object({
    period: periodText,
    /** False: nothing is changed. True: corrected facts follow, which become adjustments, or what a forced run reissues. */
    apply: z.boolean().default(false),
  }),
  output: replay,
  refusals: ['not-found', 'period-dropped'],
});

const replayName = z.object({ replay_id: uuid });

export const getReplay = defineRequest({
  name: 'replays.get',
  service: 'metering',
  summary: 'How far a replay has come, and what it found.',
  effect: 'read',
  roles: operators,
  input: replayName,
  output: replay,
  refusals: ['not-found'],
});

export const listReplays = defineRequest({
  name: 'replays.list',
  service: 'metering',
  summary: 'The replays of a period, newest first.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({ period: periodText }),
  output: pageOf(replay),
  refusals: ['invalid-cursor'],
});

export const listReplayedTenants = defineRequest({
  name: 'replays.list-tenants',
  service: 'metering',
  summary: 'What a replay makes differ, by tenant and kind.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend(replayName.shape),
  output: pageOf(replayedTenant),
  refusals: ['not-found', 'invalid-cursor'],
});

export const listReplayDifferences = defineRequest({
  name: 'replays.list-differences',
  service: 'metering',
  summary: 'What a replay makes differ, line by line.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({ ...replayName.shape, tenant: tenantId.optional() }),
  output: pageOf(replayDifference),
  refusals: ['not-found', 'invalid-cursor'],
});
