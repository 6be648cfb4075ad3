import type { Period } from '@arcadia/contracts';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;
export type PeriodRow = Selectable<Tables['periods']>;

/** A period's row; an open one with close revision 0 when there is no row. */
export async function periodRow(db: Session, period: Period): Promise<PeriodRow> {
  const row = await db.selectFrom('periods').selectAll().where('period', '=', period).executeTakeFirst();
  return row ?? { period, status: 'open', close_revision: 0, missing: [], dropped_at: null };
}

export async function openPeriod(db: Session, period: Period): Promise<void> {
  await sql`INSERT INTO periods (period, status) VALUES (${period}, 'open') ON CONFLICT DO NOTHING`.execute(db);
}

export async function savePeriod(db: Session, row: PeriodRow): Promise<void> {
  await sql`INSERT INTO periods (period, status, close_revision, missing)
    VALUES (${row.period}, ${row.status}, ${row.close_revision}, ${row.missing}::text[])
    ON CONFLICT (period) DO UPDATE SET status = excluded.status, close_revision = excluded.close_revision,
      missing = excluded.missing`.execute(db);
}

export async function saveClose(db: Session, close: Tables['period_closes']): Promise<void> {
  await db.insertInto('period_closes').values(close).execute();
}

/** Records a close that was published, and the period as closed with at least its revision. */
export async function restoreClose(db: Session, close: Tables['period_closes']): Promise<void> {
  await db
    .insertInto('period_closes')
    .values(close)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await sql`INSERT INTO periods AS p (period, status, close_revision) VALUES (${close.period}, 'closed', ${close.revision})
    ON CONFLICT (period) DO UPDATE SET status = 'closed', close_revision = excluded.close_revision, missing = '{}'
    WHERE excluded.close_revision > p.close_revision`.execute(db);
}

/** Periods whose scheduled close was tried and found something missing. */
export async function closingPeriods(db: Session): Promise<Pick<PeriodRow, 'period' | 'missing'>[]> {
  return await db
    .selectFrom('periods')
    .select(['period', 'missing'])
    .where('status', '=', 'closing')
    .orderBy('period')
    .execute();
}
