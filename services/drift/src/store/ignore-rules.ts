import { type Kysely, sql, type Transaction } from 'kysely';
import type { IgnoreRule, Tables } from './schema.ts';

/**
 * Inserts a rule, unless one for the same field exists: then the existing rule, with its author and reason, stays.
 * @returns the rule that applies
 */
export async function insertRule(db: Transaction<Tables>, rule: Omit<IgnoreRule, 'rule_id'>): Promise<IgnoreRule> {
  await sql`
    INSERT INTO ignored_fields (provider, resource_kind, resource_id, field, reason, ignored_by, ignored_at)
    VALUES (${rule.provider}, ${rule.resource_kind}, ${rule.resource_id}, ${rule.field}, ${rule.reason}, ${rule.ignored_by},
      ${rule.ignored_at})
    ON CONFLICT DO NOTHING`.execute(db);
  const rows = await sql<IgnoreRule>`
    SELECT * FROM ignored_fields WHERE provider = ${rule.provider} AND resource_kind = ${rule.resource_kind}
      AND field = ${rule.field} AND resource_id IS NOT DISTINCT FROM ${rule.resource_id}::uuid`.execute(db);
  const found = rows.rows[0];
  if (found === undefined)
    throw new Error(`the ignore rule for ${rule.resource_kind} ${rule.field} was inserted but cannot be read`);
  return found;
}

export async function deleteRule(db: Transaction<Tables>, ruleId: string): Promise<IgnoreRule | null> {
  const row = await db.deleteFrom('ignored_fields').where('rule_id', '=', ruleId).returningAll().executeTakeFirst();
  return row ?? null;
}

/** The ids of the resources with an open row that the rule covers. */
export async function openResourcesUnder(db: Transaction<Tables>, rule: IgnoreRule): Promise<string[]> {
  const rows = await sql<{ resource_id: string }>`
    SELECT DISTINCT resource_id FROM cloud_drift AS row LEFT JOIN desired USING (resource_id) LEFT JOIN live USING (resource_id)
    WHERE row.status = 'open' AND row.field = ${rule.field} AND coalesce(desired.kind, live.kind) = ${rule.resource_kind}
      AND coalesce(desired.provider, live.provider) = ${rule.provider}
      AND (${rule.resource_id}::uuid IS NULL OR resource_id = ${rule.resource_id}::uuid)`.execute(db);
  return rows.rows.map(({ resource_id }) => resource_id);
}

/** Rules, newest first: `limit + 1` of them if there are more than `limit`. `after` is [ignored_at, rule_id]. */
export async function selectRules(
  db: Kysely<Tables>,
  query: { after: readonly string[] | null; limit: number },
): Promise<IgnoreRule[]> {
  const rows = await sql<IgnoreRule>`
    SELECT * FROM ignored_fields
    ${query.after === null ? sql`` : sql`WHERE (ignored_at, rule_id) < (${query.after[0]}::timestamptz, ${query.after[1]}::uuid)`}
    ORDER BY ignored_at DESC, rule_id DESC LIMIT ${query.limit + 1}`.execute(db);
  return rows.rows;
}
