import { type Kysely, sql } from 'kysely';

/**
 * Plans may pass through what the provider bills (`provider_bill` null, as every existing one: the default). The amounts come from
 * `invoice.ingested`, by deployment and line; a revision counts once all of its parts have arrived, and is passed through once it
 * is reconciled or accepted.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `ALTER TABLE plan_versions ADD COLUMN provider_bill text CHECK (provider_bill IN ('wait', 'adjust'))`,
    `CREATE OR REPLACE FUNCTION keep_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND (NEW.status, NEW.retired_at) IS DISTINCT FROM (OLD.status, OLD.retired_at)
        AND NEW.status IN ('active', 'retired')
        AND (NEW.plan_code, NEW.version, NEW.base_price_cents, NEW.currency, NEW.proration, NEW.offered_to, NEW.provider_bill)
          IS NOT DISTINCT FROM (OLD.plan_code, OLD.version, OLD.base_price_cents, OLD.currency, OLD.proration, OLD.offered_to, OLD.provider_bill) THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'plan % version % is published and does not change', OLD.plan_code, OLD.version
        USING ERRCODE = 'integrity_constraint_violation';
    END $$`,
    `CREATE TABLE provider_bills (
      invoice_uuid text PRIMARY KEY,
      period text NOT NULL,
      invoice_number text,
      revision integer NOT NULL,
      status text NOT NULL,
      currency text NOT NULL,
      difference_cents bigint NOT NULL,
      settled_revision integer
    )`,
    'CREATE INDEX provider_bills_period ON provider_bills (period)',
    `CREATE TABLE provider_bill_parts (
      invoice_uuid text NOT NULL,
      revision integer NOT NULL,
      part integer NOT NULL,
      PRIMARY KEY (invoice_uuid, revision, part)
    )`,
    `CREATE TABLE billed_amounts (
      invoice_uuid text NOT NULL,
      revision integer NOT NULL,
      part integer NOT NULL,
      position integer NOT NULL,
      tenant_id text NOT NULL,
      deployment_id uuid NOT NULL,
      kind text NOT NULL,
      line_no integer NOT NULL,
      description text NOT NULL,
      resource_id uuid,
      first_day date NOT NULL,
      after_day date NOT NULL,
      amount_cents bigint NOT NULL,
      PRIMARY KEY (invoice_uuid, revision, part, position)
    )`,
    'CREATE INDEX billed_amounts_tenant ON billed_amounts (tenant_id, invoice_uuid)',
    `COMMENT ON TABLE provider_bills IS 'Invoices of the provider: the newest revision, and the newest one that is reconciled or accepted'`,
    `COMMENT ON TABLE provider_bill_parts IS 'Parts that have arrived of a revision of a provider invoice that is not complete'`,
    `COMMENT ON TABLE billed_amounts IS 'What the provider bills for deployments, by line; plans may pass it through'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
