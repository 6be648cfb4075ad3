import type { inventorySync } from '@arcadia/contracts';
import { type Received, textLines } from '@arcadia/platform';
import { type Kysely, sql, type Transaction } from 'kysely';
import { stateText } from '../../domain/resources/resource.ts';
import type { Tables } from '../schema.ts';

/** Appends published states to the logs that lack them, each after the last entry of its resource. */
export async function appendObserved(
  db: Transaction<Tables>,
  events: readonly Received<typeof inventorySync.resourceObserved>[],
): Promise<void> {
  const column = (pick: (event: (typeof events)[number]) => string | number) => textLines(events.map(pick));
  await sql`
    INSERT INTO cloud_resource_events (resource_id, entry, type, revision, effective_at, observed_at, recorded_at, state, owner)
    SELECT id, coalesce((SELECT max(entry) FROM cloud_resource_events AS e WHERE e.resource_id = id), 0) +
        row_number() OVER (PARTITION BY id ORDER BY number), cause, revision, effective_at::timestamptz, observed_at::timestamptz,
      occurred_at::timestamptz, state::json, owner::json
    FROM (
      SELECT resource_id::uuid AS id, revision_text::int AS revision, given.* FROM ROWS FROM (
        ${column(({ data }) => data.resource_id)}, ${column(({ data }) => data.revision)}, ${column(({ data }) => data.cause)},
        ${column(({ data }) => data.effective_at)}, ${column(({ data }) => data.observed_at)},
        ${column(({ occurredAt }) => occurredAt.toString())}, ${column(({ data }) => stateText(data))},
        ${column(({ data }) => JSON.stringify(data.owner))}
      ) WITH ORDINALITY AS given(resource_id, revision_text, cause, effective_at, observed_at, occurred_at, state, owner, number)
    ) AS published
    WHERE NOT EXISTS (
      SELECT FROM cloud_resource_events AS e WHERE e.resource_id = id AND e.revision = published.revision)`.execute(db);
}

/** Resources after this id whose rows are behind their logs, with the last revision and entry of the log, in the order of their ids. */
export async function resourcesBehindLog(
  db: Kysely<Tables>,
  page: { after: string; limit: number },
): Promise<{ id: string; revision: number; entries: number }[]> {
  const found = await sql<{ id: string; revision: number; entries: number }>`
    SELECT r.resource_id AS id, log.revision, log.entries
    FROM cloud_resources AS r CROSS JOIN LATERAL (
      SELECT max(revision) AS revision, max(entry) AS entries FROM cloud_resource_events AS e WHERE e.resource_id = r.resource_id
    ) AS log
    WHERE r.resource_id > ${page.after}::uuid AND (r.revision < log.revision OR r.entries < log.entries)
    ORDER BY r.resource_id LIMIT ${page.limit}`.execute(db);
  return found.rows;
}
