import type { drift } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { addDriftEntries } from '../store/resources/add-drift-entries.ts';

/** Adds each detected drift to the resource's own log, beside the resource's other events. */
export async function consumeDrift(batch: Received<typeof drift.driftDetected>[], tx: Tx): Promise<void> {
  await addDriftEntries(
    tx.sql,
    batch.map(({ data }) => {
      const { drift_id, kind, field, expected, actual, spec_version } = data;
      return {
        resourceId: data.resource_id,
        detectedAt: data.detected_at,
        details: { drift_id, kind, field, expected, actual, spec_version },
      };
    }),
  );
}
