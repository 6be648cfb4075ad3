import { drift } from '@arcadia/contracts';
import { consumer } from '@arcadia/platform';
import type { Config } from './config.ts';
import { addDriftEntry } from './store/add-drift-entry.ts';
import type { Database } from './store/schema.ts';

/** What drift finds stands in the resource's own log, beside what befell it. */
export const consumeDrift = consumer<typeof drift.driftDetected, Database, Config>({
  name: 'drift',
  consumes: [drift.driftDetected],
  dedupe: 'inbox',
  async handle(batch, tx) {
    const inOrder = batch.toSorted((a, b) => (a.data.resource_id < b.data.resource_id ? -1 : 1));
    for (const { data } of inOrder) {
      const { drift_id, kind, field, expected, actual, spec_version } = data;
      await addDriftEntry(tx.sql, {
        resourceId: data.resource_id,
        detectedAt: data.detected_at,
        details: { drift_id, kind, field, expected, actual, spec_version },
      });
    }
  },
});
