import type { metering } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Transaction } from 'kysely';
import { addReports, addSubjects, markReportedDays, type Placed } from '../store/reports/reports.ts';
import type { Tables } from '../store/schema.ts';

/** Reports that were accepted count again, and their days are metered again. */
export async function restoreReports(
  events: readonly Received<typeof metering.usageReported>[],
  trx: Transaction<Tables>,
): Promise<void> {
  for (const { data } of events) {
    const placed: Placed[] = data.reports.map((report, index) => ({
      index,
      tenantId: data.tenant_id,
      report: { ...report, deployment_id: data.deployment_id },
    }));
    const added = await addReports(trx, placed, Temporal.Instant.from(data.accepted_at));
    const restored = placed.filter(({ index }) => added.has(index));
    await addSubjects(trx, restored);
    await markReportedDays(trx, restored);
  }
}
