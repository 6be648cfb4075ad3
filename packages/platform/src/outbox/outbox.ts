import type { EventContract } from '@arcadia/contracts';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type LoggedEvent, maxMessageBytes } from '../bus/message.ts';
import { textLines } from '../postgres/postgres.ts';
import { steady, unawaited } from '../postgres/session-client.ts';

/**
 * Appends messages to the events log and points the outbox at them, in the order given, with the next statement of the transaction or its commit. The numbers are taken there, so this
 * comes last in a transaction: with a number taken before the row lock, two writers of one key could publish their events in
 * the wrong order.
 */
export async function appendEvents<DB>(trx: Transaction<DB>, events: readonly LoggedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const column = <T>(pick: (event: LoggedEvent) => T) => events.map(pick);
  await sql`${steady}
    WITH logged AS (
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
    INSERT INTO outbox (number, recorded_at) SELECT number, recorded_at FROM logged${unawaited}`.execute(trx);
}

/**
 * Publishes the rows of a query inside the database; `expressions` are common table expressions that the query reads.
 * @returns how many events were appended
 * @throws when a row is too large for one message, because SQL cannot divide it
 */
export async function appendFromQuery<DB>(
  trx: Transaction<DB>,
  contract: EventContract,
  query: RawBuilder<unknown>,
  meta: {
    occurredAt: Temporal.Instant;
    headers: Record<string, string> | null;
    expressions?: RawBuilder<unknown>;
  },
): Promise<number> {
  const expressions = meta.expressions === undefined ? sql`` : sql`${meta.expressions}, `;
  const headers = meta.headers === null ? null : JSON.stringify(meta.headers);
  const result = await sql<{ published: string; largest: string | null }>`
    WITH ${expressions}rows AS (${query}),
    logged AS (
      INSERT INTO events (id, stream, type, version, subject, occurred_at, headers, payload)
      SELECT event_id(${contract.type}, key), ${contract.stream}, ${contract.type}, ${contract.version}::int, subject,
        ${meta.occurredAt.toString()}::timestamptz, ${headers}::json, data::json
      FROM rows
      RETURNING number, recorded_at, octet_length(payload::text) AS size
    ),
    pointed AS (INSERT INTO outbox (number, recorded_at) SELECT number, recorded_at FROM logged)
    SELECT count(*) AS published, max(size) AS largest FROM logged`.execute(trx);
  const row = result.rows[0];
  if (Number(row?.largest ?? 0) > maxMessageBytes) {
    throw new Error(
      `a row of ${contract.type} is larger than ${maxMessageBytes} bytes; publish such events with \`publish\`, which divides them into parts`,
    );
  }
  return Number(row?.published ?? 0);
}
