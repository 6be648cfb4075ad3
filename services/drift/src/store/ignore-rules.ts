import { type Kysely, sql, type Transaction } from 'kysely';
import type { IgnoreRule, Tables } from './schema.ts';

/**
 * Inserts a rule, unless one for the same field is in force: then the existing rule, with its author and reason, stays.
 * @returns the rule that applies
 */
export async function insertRule(
  db: Transaction<Tables>,
  rule: Omit<IgnoreRule, 'rule_id' | 'ended_at' | 'ended_by'>,
): Promise<IgnoreRule> {
  await sql`
    INSERT INTO ignored_fields (provider, resource_kind, resource_id, field, reason, ignored_by, ignored_at)
    VALUES (${rule.provider}, ${rule.resource_kind}, ${rule.resource_id}, ${rule.field}, ${rule.reason}, ${rule.ignored_by},
      ${rule.ignored_at})
    ON CONFLICT DO NOTHING`.execute(db);
  const rows = await sql<IgnoreRule>`
    SELECT * FROM ignored_fields WHERE ended_at IS NULL AND provider = ${rule.provider} AND resource_kind = ${rule.resource_kind}
      AND field = ${rule.field} AND resource_id IS NOT DISTINCT FROM ${rule.resource_id}::uuid`.execute(db);
  const found = rows.rows[0];
  if (found === undefined)
    throw new Error(`the ignore rule for ${rule.resource_kind} ${rule.field} was inserted but cannot be read`);
  return found;
}

/** Ends a rule that is in force. @returns null if it is not */
export async function endRule(
  db: Transaction<Tables>,
  ended: { ruleId: string; by: string; at: string },
): Promise<IgnoreRule | null> {
  const row = await db
    .updateTable('ignored_fields')
    .set({ ended_at: ended.at, ended_by: ended.by })
    .where('rule_id', '=', ended.ruleId)
    .where('ended_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Inserts the rules that cover these drifts, where none is in force for the same field: an existing rule, with its author and reason, stays.
 * @returns the rule that applies to each drift, and whether it is new
 */
export async function insertRules(
  db: Transaction<Tables>,
  driftIds: readonly string[],
  given: Pick<IgnoreRule, 'reason' | 'ignored_by' | 'ignored_at'> & { scope: 'resource' | 'kind' },
): Promise<{ drift_id: string; rule_id: string; is_new: boolean }[]> {
  const wanted = sql`
    SELECT row.drift_id, coalesce(desired.provider, live.provider) AS provider, coalesce(desired.kind, live.kind) AS resource_kind,
      CASE WHEN ${given.scope === 'resource'} THEN row.resource_id END AS resource_id, row.field
    FROM cloud_drift AS row LEFT JOIN desired USING (resource_id) LEFT JOIN live USING (resource_id)
    WHERE row.drift_id = ANY(${[...driftIds]}::uuid[])`;
  const inserted = await sql<{ rule_id: string }>`
    INSERT INTO ignored_fields (provider, resource_kind, resource_id, field, reason, ignored_by, ignored_at)
    SELECT DISTINCT provider, resource_kind, resource_id, field, ${given.reason}, ${given.ignored_by},
      ${given.ignored_at}::timestamptz
    FROM (${wanted}) AS wanted
    ON CONFLICT DO NOTHING RETURNING rule_id`.execute(db);
  const created = new Set(inserted.rows.map(({ rule_id }) => rule_id));
  const found = await sql<{ drift_id: string; rule_id: string }>`
    SELECT wanted.drift_id, rule.rule_id FROM (${wanted}) AS wanted
    JOIN ignored_fields AS rule ON rule.ended_at IS NULL AND rule.provider = wanted.provider AND rule.resource_kind = wanted.resource_kind
      AND rule.field = wanted.field AND rule.resource_id IS NOT DISTINCT FROM wanted.resource_id`.execute(db);
  return found.rows.map((row) => ({ ...row, is_new: created.has(row.rule_id) }));
}

/** The ids of the resources with an open row that one of the rules covers. */
export async function openResourcesUnder(db: Transaction<Tables>, ruleIds: readonly string[]): Promise<string[]> {
  const rows = await sql<{ resource_id: string }>`
    SELECT DISTINCT row.resource_id FROM cloud_drift AS row
    LEFT JOIN desired USING (resource_id) LEFT JOIN live USING (resource_id)
    JOIN ignored_fields AS rule ON rule.rule_id = ANY(${[...ruleIds]}::uuid[])
      AND rule.field = row.field AND rule.resource_kind = coalesce(desired.kind, live.kind)
      AND rule.provider = coalesce(desired.provider, live.provider)
      AND (rule.resource_id IS NULL OR rule.resource_id = row.resource_id)
    WHERE row.status = 'open'`.execute(db);
  return rows.rows.map(({ resource_id }) => resource_id);
}

/** A rule, in force or ended. */
export async function findRule(db: Kysely<Tables>, ruleId: string): Promise<IgnoreRule | null> {
  const row = await db.selectFrom('ignored_fields').selectAll().where('rule_id', '=', ruleId).executeTakeFirst();
  return row ?? null;
}

/** Rules, newest first: `limit + 1` of them if there are more than `limit`. `after` is [ignored_at, rule_id]. */
export async function selectRules(
  db: Kysely<Tables>,
  query: { isEnded: boolean; after: readonly string[] | null; limit: number },
): Promise<IgnoreRule[]> {
  const rows = await sql<IgnoreRule>`
    SELECT * FROM ignored_fields WHERE (ended_at IS NOT NULL) = ${query.isEnded}
    ${query.after === null ? sql`` : sql`AND (ignored_at, rule_id) < (${query.after[0]}::timestamptz, ${query.after[1]}::uuid)`}
    ORDER BY ignored_at DESC, rule_id DESC LIMIT ${query.limit + 1}`.execute(db);
  return rows.rows;
}
