import type { Period } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

type Session = Kysely<Tables>;

const lock = (name: string) => sql`hashtextextended(${`metering:${name}`}, 0)`;

/**
 * A transaction that stores observations or reports holds the intake lock shared until it commits. A transaction that holds
 * it exclusively therefore sees every row with a lower `seq`, and no row appears while it marks a day as metered.
 */
export const shareIntake = async (db: Session): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock_shared(${lock('intake')})`.execute(db);
};

export const holdIntake = async (db: Session): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${lock('intake')})`.execute(db);
};

/** Metering holds its period shared, closing exclusively: no fact appears between counting and closing. */
export const sharePeriod = async (db: Session, period: Period): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock_shared(${lock(`period:${period}`)})`.execute(db);
};

export const holdPeriod = async (db: Session, period: Period): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${lock(`period:${period}`)})`.execute(db);
};

/** Allows one metering of a day at a time, so that the later one sees the rows of the earlier one. */
export const holdDay = async (db: Session, day: string): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${lock(`day:${day}`)})`.execute(db);
};
