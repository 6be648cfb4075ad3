import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export type MatchRate = {
  /** The newest period with a bill whose lines were read; null for none. */
  period: string | null;
  /** The share of that period's lines that name a known resource, from 0 to 1; null without a line. */
  rate: number | null;
  /** Bills whose totals disagree, or that could not be read. */
  unsettled: number;
  example: string | null;
};

/** How well the newest bills are explained by the inventory, and which bills wait for a person. */
export async function matchRate(db: Kysely<Tables>): Promise<MatchRate> {
  const { rows } = await sql<MatchRate>`
    WITH newest AS (SELECT max(period) AS period FROM cloud_invoices WHERE lines > 0)
    SELECT newest.period,
      (SELECT round(sum(matched)::numeric / sum(lines), 4)::float8 FROM cloud_invoices AS i
        WHERE i.period = newest.period AND i.lines > 0) AS rate,
      (SELECT count(*)::int FROM cloud_invoices WHERE status IN ('unreconciled', 'refused')) AS unsettled,
      (SELECT min(invoice_uuid) FROM cloud_invoices WHERE status IN ('unreconciled', 'refused')) AS example
    FROM newest`.execute(db);
  return rows[0] ?? { period: null, rate: null, unsettled: 0, example: null };
}
