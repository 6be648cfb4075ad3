import { z } from 'zod';
import { defineEvent } from '../define.ts';
import { instantText } from '../time.ts';
import { driftRow } from './differences.ts';

export const driftDetected = defineEvent({
  type: 'drift.detected',
  version: 1,
  stream: 'DRIFT',
  summary: 'A field of a running resource differs from what was asked for.',
  data: driftRow.extend({ detected_at: instantText }),
  subject: (d) => `drift.detected.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.revision}`,
});

const driftRequest = driftRow.extend({
  request: z.int().min(1),
  requested_by: z.string(),
  requested_at: instantText,
});

export const driftAccepted = defineEvent({
  type: 'drift.accepted',
  version: 1,
  stream: 'DRIFT',
  summary:
    'An operator wants the live value to become the desired one. Provisioning writes the spec, if its version still stands.',
  data: driftRequest,
  subject: (d) => `drift.accepted.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.request}`,
});

export const driftRevertRequested = defineEvent({
  type: 'drift.revert-requested',
  version: 1,
  stream: 'DRIFT',
  summary: 'An operator wants the desired value put back. Provisioning runs the saga that restores it.',
  data: driftRequest,
  subject: (d) => `drift.revert-requested.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.request}`,
});

export const driftClosed = defineEvent({
  type: 'drift.closed',
  version: 1,
  stream: 'DRIFT',
  summary: 'A drift is over: accepted, reverted, or fixed elsewhere (stale).',
  data: driftRow.extend({
    status: z.enum(['accepted', 'reverted', 'stale']),
    closed_at: instantText,
  }),
  subject: (d) => `drift.closed.${d.resource_id}`,
  key: (d) => `${d.drift_id}:${d.revision}`,
});

/** Every event of drift, in the order of its stream's subjects. */
export const events = [driftDetected, driftAccepted, driftRevertRequested, driftClosed] as const;
