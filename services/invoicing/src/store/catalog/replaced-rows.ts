import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../schema.ts';

/** Who set a row, and who replaced it; the times are instants. */
export type Setting = {
  set_by: string | null;
  set_at: string | null;
  replaced_by: string | null;
  replaced_at: string | null;
};

/** A row as it was before another took its place, with its number. */
export type Replaced<Row> = { number: string; row: Row & Setting };

type Table = 'resource_prices' | 'list_prices';

/**
 * The rows that others have replaced, the latest first; one row above the limit.
 * @param columns of the table, as they are selected from it
 * @param of a condition on the rows
 */
export const pageOfReplaced = async <Row>(
  db: Db,
  table: Table,
  page: { columns: RawBuilder<unknown>; of: RawBuilder<unknown>; before: string | null; limit: number },
): Promise<Replaced<Row>[]> => {
  const { rows } = await sql<Row & Setting & { number: string }>`
    SELECT ${page.columns}, t.set_by, t.set_at, r.replaced_by, r.replaced_at, r.number::text AS number
    FROM replaced_rows r CROSS JOIN LATERAL jsonb_populate_record(NULL::${sql.table(table)}, r.content) AS t
    WHERE r.table_name = ${table} AND ${page.of} AND (${page.before}::bigint IS NULL OR r.number < ${page.before}::bigint)
    ORDER BY r.number DESC LIMIT ${page.limit + 1}`.execute(db);
  return rows.map(({ number, ...row }) => ({ number, row: row as Row & Setting }));
};
