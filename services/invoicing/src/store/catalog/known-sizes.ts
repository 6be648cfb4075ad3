import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/**
 * The sizes of kinds that have a list price, the provider's or an own one; of kinds alone whose sizes the provider lists. What a plan or a
 * fallback price names is not known by that: it may be misspelt.
 */
export const knownSizes = async (db: Db, kinds: readonly string[]): Promise<Map<string, Set<string>>> => {
  const { rows } = await sql<{ kind: string; sizes: string[] }>`
    WITH listed AS (SELECT DISTINCT kind FROM list_prices
      WHERE kind = ANY(${kinds}::text[]) AND dimension IS NOT NULL AND source = 'provider')
    SELECT kind, array_agg(DISTINCT dimension) AS sizes FROM list_prices JOIN listed USING (kind)
    WHERE dimension IS NOT NULL GROUP BY kind`.execute(db);
  return new Map(rows.map(({ kind, sizes }) => [kind, new Set(sizes)]));
};

/** The sizes of kinds that published versions of a plan name, each as `kind size`. */
export const sizesOfPlan = async (db: Db, planCode: string): Promise<Set<string>> => {
  const { rows } = await sql<{ kind: string; dimension: string }>`
    WITH published AS (SELECT i.* FROM plan_items i JOIN plan_versions v USING (plan_code, version)
      WHERE plan_code = ${planCode} AND v.status <> 'draft')
    SELECT kind, dimension FROM published WHERE dimension IS NOT NULL
    UNION SELECT p.kind, s.size ->> 'dimension' FROM published p, jsonb_array_elements(p.parameters -> 'sizes') AS s(size)`.execute(
    db,
  );
  return new Set(rows.map(({ kind, dimension }) => `${kind} ${dimension}`));
};
