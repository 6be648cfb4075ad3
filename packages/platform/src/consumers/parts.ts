import type { EventContract } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import { joinDivided } from '../bus/divide.ts';
import { type Incoming, MessageFault, parseJson } from './received-event.ts';

/**
 * Stores a part of a divided message and returns the whole payload once all parts are there, else null. The parts stay until
 * the whole has been handled in the same transaction (`forgetParts`).
 * @throws MessageFault for a part that its contract does not allow
 */
export async function keepPart<DB>(
  trx: Transaction<DB>,
  consumer: string,
  incoming: Incoming,
  contract: EventContract,
): Promise<Record<string, unknown> | null> {
  const part = incoming.part;
  if (part === null) throw new Error('not a part');
  if (contract.parts.length === 0) throw new MessageFault('invalid-data', `${contract.type} does not come in parts`);
  if (part.index < 1 || part.index > part.of) {
    throw new MessageFault('invalid-data', `part ${part.index}/${part.of} of ${incoming.id} is out of range`);
  }
  const payload = parseJson(incoming);
  // Serialises replicas that store parts of one message, so that the one with the last part sees all of them.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${consumer}:${incoming.id}`}, 0))`.execute(trx);
  await sql`
    INSERT INTO parts (consumer, event_id, part, parts, payload)
    VALUES (${consumer}, ${incoming.id}, ${part.index}, ${part.of}, ${JSON.stringify(payload)})
    ON CONFLICT (consumer, event_id, part) DO NOTHING`.execute(trx);
  const counted = await sql<{ count: string }>`
    SELECT count(*) AS count FROM parts WHERE consumer = ${consumer} AND event_id = ${incoming.id}`.execute(trx);
  if (Number(counted.rows[0]?.count) < part.of) return null;
  const rows = await sql<{ payload: Record<string, unknown> }>`
    SELECT payload FROM parts WHERE consumer = ${consumer} AND event_id = ${incoming.id} ORDER BY part`.execute(trx);
  return join(
    rows.rows.map((row) => row.payload),
    contract,
  );
}

/** Joins all parts of a divided message, given in their order, to the whole payload. */
export function joinParts(parts: readonly Incoming[], contract: EventContract): Record<string, unknown> {
  if (contract.parts.length === 0) throw new MessageFault('invalid-data', `${contract.type} does not come in parts`);
  return join(
    parts.map((part) => parseJson(part) as Record<string, unknown>),
    contract,
  );
}

function join(payloads: Record<string, unknown>[], contract: EventContract): Record<string, unknown> {
  try {
    return joinDivided(payloads, contract.parts);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MessageFault('invalid-data', error.message, { cause: error });
  }
}

export async function forgetParts<DB>(trx: Transaction<DB>, consumer: string, eventId: string): Promise<void> {
  await sql`DELETE FROM parts WHERE consumer = ${consumer} AND event_id = ${eventId}`.execute(trx);
}
