import { type Kysely, sql } from 'kysely';

/** A plan version is offered to all tenants (null, as all existing ones) or to named ones; once published, that does not change. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `ALTER TABLE plan_versions ADD COLUMN offered_to text[] CHECK (cardinality(offered_to) > 0)`,
    `COMMENT ON COLUMN plan_versions.offered_to IS 'Tenants that see and take the version; null: all'`,
    `CREATE OR REPLACE FUNCTION keep_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND (NEW.status, NEW.retired_at) IS DISTINCT FROM (OLD.status, OLD.retired_at)
        AND NEW.status IN ('active', 'retired')
        AND (NEW.plan_code, NEW.version, NEW.base_price_cents, NEW.currency, NEW.proration, NEW.offered_to)
          IS NOT DISTINCT FROM (OLD.plan_code, OLD.version, OLD.base_price_cents, OLD.currency, OLD.proration, OLD.offered_to) THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'plan % version % is published and does not change', OLD.plan_code, OLD.version
        USING ERRCODE = 'integrity_constraint_violation';
    END $$`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
