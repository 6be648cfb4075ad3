import { z } from 'zod';
import { operators, staff } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineEvent, defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { dimension, granularity } from './facts.ts';
import { summedText } from './fields.ts';

/** A period worked out again from what was observed and reported, as it lies on the streams, beside the facts that stand. */
export const replay = z.object({
  replay_id: uuid.describe('Id of the replay.'),
  period: periodText,
  status: z
    .enum(['running', 'agrees', 'differs', 'applied', 'failed'])
    .describe(
      'Status. `agrees`: every fact follows from the streams. `differs`: some do not. `applied`: those are being metered again.',
    ),
  is_applying: z.boolean().describe('True: differing facts are metered again.'),
  observations: z.int().min(0).meta({ description: 'Number of observations read from the streams.', example: 5120 }),
  reports: z.int().min(0).meta({ description: 'Number of reports read from the streams.', example: 44 }),
  unreadable: z.int().min(0).meta({ description: 'Number of messages that could not be understood.', example: 0 }),
  lines: z.int().min(0).meta({ description: 'Number of fact lines that follow from the streams.', example: 420 }),
  differing: z
    .int()
    .min(0)
    .meta({ description: 'Number of lines that differ between the facts and the streams.', example: 0 }),
  pending: z
    .int()
    .min(0)
    .meta({ description: 'Number of differing lines whose days are to be metered again anyway.', example: 0 }),
  asked_by: z.string().meta({ description: 'Subject of the person who requested it.', example: 'user:ada' }),
  started_at: instantText.describe('Instant of its start.'),
  completed_at: instantText.nullable().describe('Instant of its end; null while it runs.'),
  detail: z.string().nullable().describe('Reason that it failed, one sentence; null otherwise.'),
});

export const replayChanged = defineEvent({
  type: 'replay.changed',
  version: 1,
  stream: 'METERING',
  summary: 'A replay of a period has started or ended, with its result.',
  data: replay,
  subject: (d) => `replay.changed.${d.period}`,
  key: (d) => `${d.replay_id}:${d.status}`,
});

/** What one tenant's usage of a kind comes to on either side, over the lines that differ. */
export const replayedTenant = z.object({
  tenant_id: tenantId,
  kind: usageKind,
  divisor: decimalText.meta({
    description: 'Divisor of the unit-seconds: quantity = unit_seconds / divisor.',
    example: '3600',
  }),
  lines: z.int().min(1).meta({ description: 'Number of lines that differ.', example: 2 }),
  unit_seconds: summedText.meta({
    description: 'Unit-seconds of these lines in the facts that hold.',
    example: '172800',
  }),
  replayed_unit_seconds: summedText.meta({
    description: 'Unit-seconds of these lines as they follow from the streams.',
    example: '259200',
  }),
});

/** A line of a fact that differs: null where that side has none. */
export const replayDifference = z.object({
  tenant_id: tenantId,
  deployment_id: uuid.describe('Deployment that used it.'),
  resource_id: uuid.nullable().describe('Resource that was used; null: reported usage.'),
  kind: usageKind,
  dimension: dimension.nullable().describe('Dimension of the line, such as a size; null: it has none.'),
  granularity: granularity.describe('Span of the fact: a day or an hour.'),
  period_start: instantText.describe('First instant of its day or hour.'),
  divisor: decimalText.meta({
    description: 'Divisor of the unit-seconds: quantity = unit_seconds / divisor.',
    example: '3600',
  }),
  unit_seconds: summedText
    .nullable()
    .meta({ description: 'Unit-seconds in the fact that holds; null: it has no such line.', example: '86400' }),
  replayed_unit_seconds: summedText
    .nullable()
    .meta({ description: 'Unit-seconds that follow from the streams; null: no such line follows.', example: '43200' }),
  is_pending: z.boolean().describe('True: this day is to be metered again anyway.'),
});

export const startReplay = defineRequest({
  name: 'replays.start',
  service: 'metering',
  summary:
    'Replay a period: derive its facts from the streams again and compare them with those that hold. With `apply`, lost messages are ingested and differing days metered again.',
  effect: 'command',
  roles: operators,
  input: z.object({
    period: periodText,
    apply: z
      .boolean()
      .default(false)
      .describe(
        'False: compare only. True: differing facts are metered again, which leads to adjustments or, in a forced run, to reissued invoices.',
      ),
  }),
  output: replay,
  refusals: ['not-found', 'period-dropped'],
});

const replayName = z.object({ replay_id: uuid.describe('Id of the replay.') });

export const getReplay = defineRequest({
  name: 'replays.get',
  service: 'metering',
  summary: 'Get the progress and the result of a replay.',
  effect: 'read',
  roles: staff,
  input: replayName,
  output: replay,
  refusals: ['not-found'],
});

export const listReplays = defineRequest({
  name: 'replays.list',
  service: 'metering',
  summary: 'List the replays of a period, newest first.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({ period: periodText }),
  output: pageOf(replay),
  refusals: ['invalid-cursor'],
});

export const listReplayedTenants = defineRequest({
  name: 'replays.list-tenants',
  service: 'metering',
  summary: 'List the differences that a replay found, by tenant and kind.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend(replayName.shape),
  output: pageOf(replayedTenant),
  refusals: ['not-found', 'invalid-cursor'],
});

export const listReplayDifferences = defineRequest({
  name: 'replays.list-differences',
  service: 'metering',
  summary: 'List the differences that a replay found, line by line.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    ...replayName.shape,
    tenant_id: tenantId.optional().describe('Only lines of this tenant.'),
  }),
  output: pageOf(replayDifference),
  refusals: ['not-found', 'invalid-cursor'],
});
