import { randomUUID } from 'node:crypto';
import type { metering } from '@arcadia/contracts';
import { ensureMonthPartitionsBetween, type Received } from '@arcadia/platform';
import type { Transaction } from 'kysely';
import { type PublishedFact, writeBackFacts } from '../store/days/write-back-facts.ts';
import type { Tables } from '../store/schema.ts';

/** Facts that were published stand again with their revisions; metering their days again then publishes only what differs. */
export async function restoreFacts(
  events: readonly Received<typeof metering.usageAccrued>[],
  trx: Transaction<Tables>,
): Promise<void> {
  const newest = new Map<string, PublishedFact>();
  for (const { data, occurredAt } of events) {
    const key = `${data.deployment_id} ${data.granularity} ${data.period_start}`;
    const other = newest.get(key);
    if (other === undefined || other.revision < data.revision) newest.set(key, { ...data, at: occurredAt.toString() });
  }
  const facts = [...newest.values()];
  const starts = facts.map(({ period_start }) => period_start).sort();
  const [first, last] = [starts[0], starts.at(-1)];
  if (first === undefined || last === undefined) return;
  for (const table of ['usage_records', 'accruals']) {
    await ensureMonthPartitionsBetween(trx, {
      table,
      from: Temporal.Instant.from(first),
      to: Temporal.Instant.from(last),
    });
  }
  await writeBackFacts(trx, facts, randomUUID());
}
