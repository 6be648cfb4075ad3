import { type Kysely, sql, type Transaction } from 'kysely';
import type { IgnoredField, Schema } from './schema.ts';

/** The rule as it stands: ignoring what is ignored already keeps who said so first. */
export async function addIgnored(db: Transaction<Schema>, rule: Omit<IgnoredField, 'rule_id'>): Promise<IgnoredField> {
  await sql`
    INSERT INTO ignored_fields (provider, resource_kind, resource_id, field, reason, ignored_by, ignored_at)
    VALUES (${rule.provider}, ${rule.resource_kind}, ${rule.resource_id}, ${rule.field}, ${rule.reason}, ${rule.ignored_by},
      ${rule.ignored_at})
    ON CONFLICT DO NOTHING`.execute(db);
  const rows = await sql<IgnoredField>`
    SELECT * FROM ignored_fields WHERE provider = ${rule.provider} AND resource_kind = ${rule.resource_kind}
      AND field = ${rule.field} AND resource_id IS NOT DISTINCT FROM ${rule.resource_id}::uuid`.execute(db);
  const found = rows.rows[0];
  if (found === undefined) throw new Error('an ignored field was written and is not there');
  return found;
}

export async function deleteIgnored(db: Transaction<Schema>, ruleId: string): Promise<IgnoredField | null> {
  const row = await db.deleteFrom('ignored_fields').where('rule_id', '=', ruleId).returningAll().executeTakeFirst();
  return row ?? null;
}

/** The resources with an open row that a rule covers. */
export async function openResourcesUnder(db: Transaction<Schema>, rule: IgnoredField): Promise<string[]> {
  const rows = await sql<{ resource_id: string }>`
    SELECT DISTINCT resource_id FROM cloud_drift AS row LEFT JOIN desired USING (resource_id) LEFT JOIN live USING (resource_id)
    WHERE row.status = 'open' AND row.field = ${rule.field} AND coalesce(desired.kind, live.kind) = ${rule.resource_kind}
      AND coalesce(desired.provider, live.provider) = ${rule.provider}
      AND (${rule.resource_id}::uuid IS NULL OR resource_id = ${rule.resource_id}::uuid)`.execute(db);
  return rows.rows.map(({ resource_id }) => resource_id);
}

export async function pageOfIgnored(
  db: Kysely<Schema>,
  asked: { before: readonly [ignoredAt: string, ruleId: string] | null; limit: number },
): Promise<IgnoredField[]> {
  const rows = await sql<IgnoredField>`
    SELECT * FROM ignored_fields
    ${asked.before === null ? sql`` : sql`WHERE (ignored_at, rule_id) < (${asked.before[0]}::timestamptz, ${asked.before[1]}::uuid)`}
    ORDER BY ignored_at DESC, rule_id DESC LIMIT ${asked.limit + 1}`.execute(db);
  return rows.rows;
}
