import { z } from 'zod';
import { defineEvent } from '../define.ts';
import { instantText } from '../time.ts';
import { driftRow } from './differences.ts';

export const driftDetected = defineEvent({
  type: 'drift.detected',
  version: 1,
  stream: 'DRIFT',
  summary: 'A difference between the desired and the actual state of a resource, one field each.',
  data: driftRow.extend({ detected_at: instantText.describe('Instant at which it was detected.') }),
  subject: (d) => `drift.detected.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.revision}`,
});

const driftRequest = driftRow.extend({
  request: z.int().min(1).meta({ description: 'Number of the request about this drift, counted from 1.', example: 1 }),
  requested_by: z.string().meta({ description: 'Subject of the operator.', example: 'user:ada' }),
  requested_at: instantText.describe('Instant of the request.'),
  reason: z
    .string()
    .optional()
    .meta({ description: 'Reason given with the request; absent: none.', example: 'resized for the sale' }),
});

export const driftAccepted = defineEvent({
  type: 'drift.accepted',
  version: 1,
  stream: 'DRIFT',
  summary:
    "An operator's request to make the actual value the expected one. Provisioning changes the desired state if its version is still the same.",
  data: driftRequest,
  subject: (d) => `drift.accepted.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.request}`,
});

export const driftRevertRequested = defineEvent({
  type: 'drift.revert-requested',
  version: 1,
  stream: 'DRIFT',
  summary: "An operator's request to restore the expected value. Provisioning runs the saga that does it.",
  data: driftRequest,
  subject: (d) => `drift.revert-requested.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.request}`,
});

export const driftClosed = defineEvent({
  type: 'drift.closed',
  version: 1,
  stream: 'DRIFT',
  summary: 'The end of a drift: accepted, reverted, or stale because the difference is gone.',
  data: driftRow.extend({
    status: z
      .enum(['accepted', 'reverted', 'stale'])
      .describe('How it ended; `stale`: without a request, since the difference is gone.'),
    closed_at: instantText.describe('Instant at which it was closed.'),
  }),
  subject: (d) => `drift.closed.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.revision}`,
});

/** Every event of drift, in the order of its stream's subjects. */
export const events = [driftDetected, driftAccepted, driftRevertRequested, driftClosed] as const;
