import { type Kysely, sql } from 'kysely';

/**
 * A price may be for one size, or for those that begin alike; null: for all, as every existing one. Usage carries the size that it
 * was of; null, as in all facts of earlier versions: none has one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    'ALTER TABLE plan_items ADD COLUMN dimension text',
    'ALTER TABLE plan_items DROP CONSTRAINT plan_items_pkey',
    'ALTER TABLE plan_items ADD CONSTRAINT plan_items_key UNIQUE NULLS NOT DISTINCT (plan_code, version, kind, dimension)',
    'ALTER TABLE resource_prices ADD COLUMN dimension text',
    'ALTER TABLE resource_prices DROP CONSTRAINT resource_prices_pkey',
    `ALTER TABLE resource_prices ADD CONSTRAINT resource_prices_key
      UNIQUE NULLS NOT DISTINCT (kind, dimension, currency, valid_from)`,
    'ALTER TABLE usage_facts ADD COLUMN dimensions text[]',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
