import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

type Kept = 'allocation_rules' | 'fx_rates';

/** A row as it was before another took its place. */
export type Replaced<Table extends Kept> = Tables[Table] & { replaced_by: string; replaced_at: string };

/** The rows that others have replaced, the latest first. @param since only those of this instant and later */
export const replacedRows = async <Table extends Kept>(
  db: Kysely<Tables>,
  table: Table,
  since: Temporal.Instant | null = null,
): Promise<Replaced<Table>[]> => {
  const { rows } = await sql<Replaced<Table>>`
    SELECT t.*, r.replaced_by, r.replaced_at
    FROM replaced_rows r CROSS JOIN LATERAL jsonb_populate_record(NULL::${sql.table(table)}, r.content) AS t
    WHERE r.table_name = ${table} AND (${since?.toString() ?? null}::timestamptz IS NULL OR r.replaced_at >= ${since?.toString() ?? null}::timestamptz)
    ORDER BY r.number DESC`.execute(db);
  return rows;
};
