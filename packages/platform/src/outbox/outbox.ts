import type { EventContract } from '@arcadia/contracts';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type LoggedEvent, maxMessageBytes } from '../bus/message.ts';
import { steady, textLines } from '../postgres/postgres.ts';

/**
 * Append messages to the events log and point the outbox at them, in the order given. The numbers are taken here, so this
 * comes last in a transaction: a number taken before the lock on what it describes would let two writers of one key
 * overtake each other.
 */
export async function appendEvents<DB>(trx: Transaction<DB>, events: readonly LoggedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const column = <T>(pick: (event: LoggedEvent) => T) => events.map(pick);
  await sql`${steady}
    WITH said AS (
      INSERT INTO events (id, stream, type, version, subject, occurred_at, part, parts, headers, payload)
      SELECT id, stream, type, version, subject, occurred_at, part, parts, headers::json, payload::json
      FROM ROWS FROM (
        unnest(
          ${column((e) => e.id)}::uuid[], ${column((e) => e.stream)}::text[], ${column((e) => e.type)}::text[],
          ${column((e) => e.version)}::int[], ${column((e) => e.subject)}::text[],
          ${column((e) => e.occurredAt)}::timestamptz[], ${column((e) => e.part)}::int[], ${column((e) => e.parts)}::int[]
        ),
        ${textLines(column((e) => (e.headers === null ? null : JSON.stringify(e.headers))))}, ${textLines(column((e) => e.payload))}
      ) WITH ORDINALITY AS t(id, stream, type, version, subject, occurred_at, part, parts, headers, payload, position)
      ORDER BY position
      RETURNING number, recorded_at
    )
    INSERT INTO outbox (number, recorded_at) SELECT number, recorded_at FROM said`.execute(trx);
}

/** Said by a query, without leaving the database. Too large a row makes the statement fail, because SQL cannot divide it. */
export async function appendFromQuery<DB>(
  trx: Transaction<DB>,
  contract: EventContract,
  query: RawBuilder<unknown>,
  meta: { occurredAt: Temporal.Instant; headers: Record<string, string> | null },
): Promise<number> {
  const headers = meta.headers === null ? null : JSON.stringify(meta.headers);
  const result = await sql<{ said: string; largest: string | null }>`
    WITH rows AS (${query}),
    said AS (
      INSERT INTO events (id, stream, type, version, subject, occurred_at, headers, payload)
      SELECT event_id(${contract.type}, key), ${contract.stream}, ${contract.type}, ${contract.version}::int, subject,
        ${meta.occurredAt.toString()}::timestamptz, ${headers}::json, data::json
      FROM rows
      RETURNING number, recorded_at, octet_length(payload::text) AS size
    ),
    pointed AS (INSERT INTO outbox (number, recorded_at) SELECT number, recorded_at FROM said)
    SELECT count(*) AS said, max(size) AS largest FROM said`.execute(trx);
  const row = result.rows[0];
  if (Number(row?.largest ?? 0) > maxMessageBytes) {
    throw new Error(
      `a row of ${contract.type} is larger than ${maxMessageBytes} bytes and must be said one by one, in parts`,
    );
  }
  return Number(row?.said ?? 0);
}
