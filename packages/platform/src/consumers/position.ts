import { type Kysely, sql } from 'kysely';
import { withAdvisoryLock } from '../postgres/advisory-lock.ts';

const positions = sql.table('heard');

/** The furthest message that a consumer has handled: its sequence on the stream and its message id. */
export type Position = { seq: number; messageId: string };

/** Null while the consumer has handled no message of this stream. */
export async function positionOf<DB>(db: Kysely<DB>, consumer: string, stream: string): Promise<Position | null> {
  const { rows } = await sql<{ seq: string; event_id: string }>`
    SELECT seq, event_id FROM ${positions} WHERE consumer = ${consumer} AND stream = ${stream}`.execute(db);
  const row = rows[0];
  return row === undefined ? null : { seq: Number(row.seq), messageId: row.event_id };
}

/**
 * Has a consumer begin at a place, or looks where consumers stand. Where one stands is on the server and in the database, which cannot
 * change together, so one replica at a time does either.
 */
export const withPositionsLock = <DB, T>(db: Kysely<DB>, work: (session: Kysely<DB>) => Promise<T>): Promise<T> =>
  withAdvisoryLock(db, 'positions', work);

/** Has a consumer forget how far it has come on its streams. */
export async function forgetPosition<DB>(db: Kysely<DB>, consumer: string): Promise<void> {
  await sql`DELETE FROM ${positions} WHERE consumer = ${consumer}`.execute(db);
}

/** Has consumers forget how far they have come and which events they have handled, so that they handle every message again. */
export async function forgetHandled<DB>(db: Kysely<DB>, consumers: readonly string[]): Promise<void> {
  for (const table of [positions, sql.table('inbox'), sql.table('parts')])
    await sql`DELETE FROM ${table} WHERE consumer = ANY (${[...consumers]}::text[])`.execute(db);
}
