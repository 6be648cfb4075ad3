import { type RawBuilder, sql } from 'kysely';

/** The fields that all events about a drift row have in common. */
const common = sql`
  'drift_id', drift_id, 'resource_id', resource_id, 'deployment_id', deployment_id, 'tenant_id', tenant_id,
  'kind', kind, 'field', field, 'expected', expected, 'actual', actual, 'spec_version', spec_version, 'revision', revision`;

/** The open rows that one comparison wrote, as data of `drift.detected`. */
export const detectedRows = (run: string): RawBuilder<unknown> => sql`
  SELECT drift_id || ':' || revision AS key, 'drift.detected.' || resource_id AS subject,
    jsonb_build_object(${common}, 'detected_at', instant_text(detected_at)) AS data
  FROM cloud_drift WHERE touched_by = ${run} AND status = 'open' ORDER BY drift_id`;

/** The rows that one comparison closed, as data of `drift.closed`. */
export const closedRows = (run: string): RawBuilder<unknown> => sql`
  SELECT drift_id || ':' || revision AS key, 'drift.closed.' || resource_id AS subject,
    jsonb_build_object(${common}, 'status', status, 'closed_at', instant_text(closed_at)) AS data
  FROM cloud_drift WHERE touched_by = ${run} AND status <> 'open' ORDER BY drift_id`;

/** The requested acceptances of these rows, as data of `drift.accepted`. */
export const acceptedRows = (driftIds: readonly string[]): RawBuilder<unknown> => sql`
  SELECT drift_id || ':' || request AS key, 'drift.accepted.' || resource_id AS subject,
    jsonb_build_object(${common}, 'request', request, 'requested_by', requested_by, 'requested_at', instant_text(requested_at))
      || CASE WHEN reason IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('reason', reason) END AS data
  FROM cloud_drift WHERE drift_id = ANY(${[...driftIds]}::uuid[]) ORDER BY drift_id`;
