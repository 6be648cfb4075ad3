import { billingIngest, type RequestOutput } from '@arcadia/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { z } from 'zod';
import { type Replaced, replacedRows } from '../replaced-rows.ts';
import type { Tables } from '../schema.ts';

export type AllocationRule = z.output<typeof billingIngest.allocationRule>;
export type ListedRule = RequestOutput<typeof billingIngest.listAllocationRules>['rules'][number];
export type StoredRule = Omit<ListedRule, 'replaced_by' | 'replaced_at'>;

/** The rules in force for a period, by class of line. */
export async function rulesFor(db: Transaction<Tables>, period: string): Promise<Map<string, AllocationRule>> {
  const { rows } = await sql<{ line_class: string; rule: unknown }>`
    SELECT DISTINCT ON (line_class) line_class, rule FROM allocation_rules
    WHERE from_period <= ${period} ORDER BY line_class, from_period DESC`.execute(db);
  return new Map(rows.map(({ line_class, rule }) => [line_class, billingIngest.allocationRule.parse(rule)]));
}

export const allRules = async (db: Kysely<Tables>): Promise<Tables['allocation_rules'][]> =>
  db.selectFrom('allocation_rules').selectAll().orderBy('line_class').orderBy('from_period').execute();

export const storedRule = (row: Tables['allocation_rules']): StoredRule => ({
  line_class: billingIngest.accountLineClass.parse(row.line_class),
  from_period: row.from_period,
  rule: billingIngest.allocationRule.parse(row.rule),
  set_by: row.set_by,
  set_at: row.set_at,
});

/** A rule with who has replaced it; null: it holds. */
export const listedRule = (row: Tables['allocation_rules'] | Replaced<'allocation_rules'>): ListedRule => ({
  ...storedRule(row),
  replaced_by: 'replaced_by' in row ? row.replaced_by : null,
  replaced_at: 'replaced_at' in row ? row.replaced_at : null,
});

/** The rules that others of the same class and period have replaced, the latest first. */
export const replacedRules = async (db: Kysely<Tables>): Promise<ListedRule[]> =>
  (await replacedRows(db, 'allocation_rules')).map(listedRule);

/** Saves a rule. @returns the one of the same class and period that it has replaced; null: there was none, or an equal one */
export async function upsertRule(db: Transaction<Tables>, row: Tables['allocation_rules']): Promise<ListedRule | null> {
  await sql`
    INSERT INTO allocation_rules (line_class, from_period, rule, set_by, set_at)
    VALUES (${row.line_class}, ${row.from_period}, ${JSON.stringify(row.rule)}::jsonb, ${row.set_by}, ${row.set_at})
    ON CONFLICT (line_class, from_period) DO UPDATE
      SET rule = excluded.rule, set_by = excluded.set_by, set_at = excluded.set_at`.execute(db);
  const replaced = await replacedRows(db, 'allocation_rules', Temporal.Instant.from(row.set_at));
  const own = replaced.find(
    ({ line_class, from_period }) => line_class === row.line_class && from_period === row.from_period,
  );
  return own === undefined ? null : listedRule(own);
}
