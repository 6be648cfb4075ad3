import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE plans (plan_code text PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL)`,
    `CREATE TABLE plan_versions (
      plan_code text NOT NULL REFERENCES plans,
      version integer NOT NULL CHECK (version > 0),
      status text NOT NULL CHECK (status IN ('draft', 'active', 'retired')),
      base_price_cents bigint NOT NULL CHECK (base_price_cents >= 0),
      currency text NOT NULL,
      proration text NOT NULL CHECK (proration IN ('none', 'daily')),
      published_at timestamptz,
      retired_at timestamptz,
      PRIMARY KEY (plan_code, version)
    )`,
    // Two publishes at once: the index lets one of them win.
    `CREATE UNIQUE INDEX plan_versions_one_active ON plan_versions (plan_code) WHERE status = 'active'`,
    `CREATE TABLE plan_items (
      plan_code text NOT NULL,
      version integer NOT NULL,
      kind text NOT NULL,
      included_qty numeric NOT NULL CHECK (included_qty >= 0),
      overage_unit numeric NOT NULL CHECK (overage_unit > 0),
      overage_price_cents numeric CHECK (overage_price_cents >= 0),
      charge_model text NOT NULL CHECK (charge_model IN ('standard', 'graduated', 'volume', 'package')),
      tiers jsonb,
      hard_cap_qty numeric CHECK (hard_cap_qty >= 0),
      PRIMARY KEY (plan_code, version, kind),
      FOREIGN KEY (plan_code, version) REFERENCES plan_versions ON DELETE CASCADE
    )`,
    `CREATE FUNCTION keep_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND (NEW.status, NEW.retired_at) IS DISTINCT FROM (OLD.status, OLD.retired_at)
        AND NEW.status IN ('active', 'retired')
        AND (NEW.plan_code, NEW.version, NEW.base_price_cents, NEW.currency, NEW.proration)
          = (OLD.plan_code, OLD.version, OLD.base_price_cents, OLD.currency, OLD.proration) THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'plan % version % is published and does not change', OLD.plan_code, OLD.version
        USING ERRCODE = 'integrity_constraint_violation';
    END $$`,
    `CREATE TRIGGER plan_versions_immutable BEFORE UPDATE OR DELETE ON plan_versions
      FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION keep_published_version()`,
    `CREATE FUNCTION keep_published_items() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE item record;
    BEGIN
      IF TG_OP = 'DELETE' THEN item := OLD; ELSE item := NEW; END IF;
      IF EXISTS (SELECT 1 FROM plan_versions v WHERE v.plan_code = item.plan_code AND v.version = item.version AND v.status <> 'draft') THEN
        RAISE EXCEPTION 'plan % version % is published and does not change', item.plan_code, item.version
          USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN item;
    END $$`,
    `CREATE TRIGGER plan_items_immutable BEFORE INSERT OR UPDATE OR DELETE ON plan_items
      FOR EACH ROW EXECUTE FUNCTION keep_published_items()`,
    `CREATE TABLE addons (
      addon_code text PRIMARY KEY,
      name text NOT NULL,
      resource_kind text NOT NULL,
      qty numeric NOT NULL CHECK (qty > 0),
      price_cents bigint NOT NULL CHECK (price_cents >= 0),
      currency text NOT NULL,
      is_offered boolean NOT NULL
    )`,
    `CREATE TABLE resource_prices (
      kind text NOT NULL,
      currency text NOT NULL,
      valid_from date NOT NULL,
      unit_price_cents numeric NOT NULL CHECK (unit_price_cents >= 0),
      overage_unit numeric NOT NULL CHECK (overage_unit > 0),
      PRIMARY KEY (kind, currency, valid_from)
    )`,
    `CREATE TABLE billing_profiles (
      tenant_id text PRIMARY KEY,
      name text NOT NULL,
      address text[] NOT NULL DEFAULT '{}',
      registration_number text,
      currency text NOT NULL,
      payment_terms_days integer NOT NULL CHECK (payment_terms_days >= 0),
      tax jsonb NOT NULL
    )`,
    `CREATE TABLE catalog_seeds (name text PRIMARY KEY, seeded_at timestamptz NOT NULL)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
