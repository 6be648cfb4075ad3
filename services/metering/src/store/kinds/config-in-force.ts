import { type UsageKind, usageKinds } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { MeteredKind } from '../../domain/days/windows.ts';
import type { Tables } from '../schema.ts';

type Row = Tables['metering_config'];

const columns = sql.raw(
  'kind, revision, effective_from, unit, per, dimension, resource_kind, granularity, retention_days, is_enabled, changed_by, changed_at',
);

/** The configuration of every kind on a day: the newest revision effective by then. */
export async function configInForce(db: Kysely<Tables>, day: string): Promise<Row[]> {
  const result = await sql<Row>`${steady}
    SELECT DISTINCT ON (kind) ${columns} FROM metering_config WHERE effective_from <= ${day}::date
    ORDER BY kind, revision DESC`.execute(db);
  return result.rows;
}

export type CountedKind = Pick<Row, 'kind' | 'unit' | 'granularity'>;

type Counted = CountedKind & Pick<Row, 'effective_from'>;

/** How usage of every kind is counted on any day. */
export type KindsOn = (day: string) => readonly CountedKind[];

/** Every revision of the configuration as a JSON array, for `kindsOnOf`: the rows are few, and a range needs several days. */
export const countedKinds = sql<readonly Counted[] | null>`(
  SELECT json_agg(json_build_object('kind', kind, 'effective_from', effective_from, 'unit', unit, 'granularity', granularity)
    ORDER BY kind, revision) FROM metering_config)`;

export const kindsOnOf = (kinds: readonly Counted[]): KindsOn => {
  const known = new Map<string, readonly CountedKind[]>();
  return (day) => {
    const found = known.get(day);
    if (found !== undefined) return found;
    const counting = kinds.filter(({ effective_from }) => effective_from <= day);
    const inForce = [...new Map(counting.map((row) => [row.kind, row])).values()];
    known.set(day, inForce);
    return inForce;
  };
};

export const asMetered = ({ kind, per, granularity, dimension }: Row): MeteredKind => {
  const known: UsageKind | undefined = usageKinds[kind];
  return { kind, per, granularity, dropsDimension: dimension === null && (known?.dimension ?? null) !== null };
};

/** The kinds that are metered on a day. */
export async function meteredKinds(db: Kysely<Tables>, day: string): Promise<MeteredKind[]> {
  const rows = await configInForce(db, day);
  return rows.filter((row) => row.is_enabled).map(asMetered);
}

/** Every change of the configuration, newest first. */
export async function configHistory(db: Kysely<Tables>): Promise<Row[]> {
  return db.selectFrom('metering_config').selectAll().orderBy('revision', 'desc').orderBy('kind').execute();
}

export async function addConfig(db: Kysely<Tables>, row: Row): Promise<void> {
  await db.insertInto('metering_config').values(row).execute();
}

/** Allows one change at a time, so that each builds on the one before. */
export async function lockConfig(db: Kysely<Tables>): Promise<void> {
  await sql`LOCK TABLE metering_config IN SHARE ROW EXCLUSIVE MODE`.execute(db);
}
