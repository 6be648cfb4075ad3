import type { Period } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { MeteringTables } from './schema.ts';

type Session = Kysely<MeteringTables>;

const lock = (name: string) => sql`hashtextextended(${`metering:${name}`}, 0)`;

/**
 * Whatever stores an observation or a report holds the intake shared until it commits. Who holds it exclusively therefore
 * sees everything with a lower `seq` committed, and nothing slips in unseen while a day is marked as metered.
 */
export const shareIntake = async (db: Session): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock_shared(${lock('intake')})`.execute(db);
};

export const holdIntake = async (db: Session): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${lock('intake')})`.execute(db);
};

/** Metering shares its period; closing has it alone: no fact slips in between the counting and the close. */
export const sharePeriod = async (db: Session, period: Period): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock_shared(${lock(`period:${period}`)})`.execute(db);
};

export const holdPeriod = async (db: Session, period: Period): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${lock(`period:${period}`)})`.execute(db);
};

/** One at a time meters a day, so that the later one sees what the earlier one wrote. */
export const holdDay = async (db: Session, day: string): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(${lock(`day:${day}`)})`.execute(db);
};
