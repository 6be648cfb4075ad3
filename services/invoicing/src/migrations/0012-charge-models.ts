import { type Kysely, sql } from 'kysely';

/** Drops the list of charge models from the table: the contract checks them when a plan is put. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE plan_items DROP CONSTRAINT plan_items_charge_model_check').execute(db);
}
