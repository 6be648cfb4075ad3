import { type Kysely, sql } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- any schema is accepted, only the named table is touched
type AnyDatabase = Kysely<any>;

export type MonthPartitions = {
  table: string;
  /** Partitions are created for the month of this instant, the month before and the `ahead` (2) months after. */
  around: Temporal.Instant;
  ahead?: number;
};

/** Creates missing monthly partitions (`<table>_2026_04`, UTC) of a table partitioned by range of a timestamptz or date. */
export async function ensureMonthPartitions(db: AnyDatabase, options: MonthPartitions): Promise<void> {
  const month = options.around.toZonedDateTimeISO('UTC').toPlainDate().toPlainYearMonth();
  for (let offset = -1; offset <= (options.ahead ?? 2); offset += 1) {
    await ensurePartition(db, options.table, month.add({ months: offset }));
  }
}

/** Creates missing monthly partitions from the month of one instant to that of another, both included. */
export async function ensureMonthPartitionsBetween(
  db: AnyDatabase,
  options: { table: string; from: Temporal.Instant; to: Temporal.Instant },
): Promise<void> {
  const monthOf = (at: Temporal.Instant) => at.toZonedDateTimeISO('UTC').toPlainDate().toPlainYearMonth();
  const last = monthOf(options.to);
  for (let month = monthOf(options.from); Temporal.PlainYearMonth.compare(month, last) <= 0; ) {
    await ensurePartition(db, options.table, month);
    month = month.add({ months: 1 });
  }
}

async function ensurePartition(db: AnyDatabase, table: string, month: Temporal.PlainYearMonth): Promise<void> {
  const name = `${table}_${month.toString().replace('-', '_')}`;
  const found = await sql`SELECT 1 WHERE to_regclass(${name}) IS NOT NULL`.execute(db);
  if (found.rows.length > 0) return;
  const bounds = [month, month.add({ months: 1 })].map((each) => sql.lit(`${each.toString()}-01`));
  // IF NOT EXISTS does not protect against another session that creates the table at the same time; the lock does. Both are in
  // one statement, and so in one transaction even on a pool.
  await sql`DO $create$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('partition:' || current_schema() || ${sql.lit(`.${table}`)}, 0));
    CREATE TABLE IF NOT EXISTS ${sql.id(name)} PARTITION OF ${sql.id(table)} FOR VALUES FROM (${bounds[0]}) TO (${bounds[1]});
  END $create$`.execute(db);
}

/** Drops the partitions of months that ended before an instant, which is cheaper than deleting rows. Returns their names. */
export async function dropMonthPartitions(
  db: AnyDatabase,
  options: { table: string; endedBefore: Temporal.Instant },
): Promise<string[]> {
  const children = await sql<{ name: string }>`
    SELECT c.relname AS name FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(${options.table})`.execute(db);
  const limit = options.endedBefore.toZonedDateTimeISO('UTC').toPlainDate().toPlainYearMonth();
  const dropped: string[] = [];
  for (const { name } of children.rows) {
    const found = /_(\d{4})_(\d{2})$/.exec(name);
    if (found === null) continue;
    const month = Temporal.PlainYearMonth.from(`${found[1]}-${found[2]}`);
    if (Temporal.PlainYearMonth.compare(month, limit) >= 0) continue;
    await sql`DROP TABLE ${sql.id(name)}`.execute(db);
    dropped.push(name);
  }
  return dropped;
}
