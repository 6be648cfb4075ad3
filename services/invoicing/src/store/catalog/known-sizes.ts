import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/** The sizes of kinds that list prices, plans and fallback prices name; of kinds alone whose sizes the provider lists. */
export const knownSizes = async (db: Db, kinds: readonly string[]): Promise<Map<string, Set<string>>> => {
  const { rows } = await sql<{ kind: string; sizes: string[] }>`
    WITH listed AS (SELECT DISTINCT kind FROM list_prices
      WHERE kind = ANY(${kinds}::text[]) AND dimension IS NOT NULL AND source = 'provider'),
    named AS (
      SELECT kind, dimension FROM list_prices UNION SELECT kind, dimension FROM plan_items UNION SELECT kind, dimension FROM resource_prices
      UNION SELECT i.kind, s.size ->> 'dimension' FROM plan_items i, jsonb_array_elements(i.parameters -> 'sizes') AS s(size)
    )
    SELECT kind, array_agg(dimension) AS sizes FROM named JOIN listed USING (kind) WHERE dimension IS NOT NULL GROUP BY kind`.execute(
    db,
  );
  return new Map(rows.map(({ kind, sizes }) => [kind, new Set(sizes)]));
};
