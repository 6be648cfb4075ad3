import { type Kysely, sql } from 'kysely';

/** A rule that has ended is kept with its end; a field has at most one that has not. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    'ALTER TABLE ignored_fields ADD COLUMN ended_at timestamptz, ADD COLUMN ended_by text',
    'ALTER TABLE ignored_fields DROP CONSTRAINT ignored_fields_provider_resource_kind_resource_id_field_key',
    `CREATE UNIQUE INDEX ignored_fields_in_force ON ignored_fields (provider, resource_kind, resource_id, field) NULLS NOT DISTINCT
      WHERE ended_at IS NULL`,
    'CREATE INDEX ignored_fields_newest ON ignored_fields (ignored_at DESC, rule_id DESC)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
