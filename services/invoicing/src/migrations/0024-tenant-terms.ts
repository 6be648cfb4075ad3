import { type Kysely, sql } from 'kysely';

/** Terms that a tenant has of its own, and codes that give discounts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `CREATE TABLE tenant_terms (
    term_id uuid PRIMARY KEY,
    tenant_id text NOT NULL,
    number integer NOT NULL,
    type text NOT NULL CHECK (type IN ('discount', 'price_override', 'commitment')),
    term json NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    reason text,
    ended_by text,
    end_reason text,
    UNIQUE (tenant_id, number)
  )`,
  `COMMENT ON TABLE tenant_terms IS 'Discounts, price overrides and minimum commitments of tenants, as they are published'`,
  `CREATE TABLE tenant_terms_revisions (tenant_id text PRIMARY KEY, revision integer NOT NULL)`,
  `COMMENT ON TABLE tenant_terms_revisions IS 'How often the terms of a tenant have been published'`,
  `CREATE TABLE discount_codes (
    code text PRIMARY KEY,
    rule json NOT NULL,
    currency text,
    months integer,
    is_redeemable boolean NOT NULL,
    tenants text[],
    redeemable_from timestamptz,
    redeemable_until timestamptz,
    max_redemptions integer,
    redemptions integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ended_at timestamptz,
    CHECK (max_redemptions IS NULL OR redemptions <= max_redemptions)
  )`,
  `COMMENT ON TABLE discount_codes IS 'Codes that give a discount, with their limits'`,
  `CREATE TABLE discount_redemptions (
    code text NOT NULL REFERENCES discount_codes,
    tenant_id text NOT NULL,
    term_id uuid NOT NULL,
    PRIMARY KEY (code, tenant_id)
  )`,
  `COMMENT ON TABLE discount_redemptions IS 'The tenants that a discount code was given to, each once'`,
  `ALTER TABLE tenant_invoice_lines DROP CONSTRAINT tenant_invoice_lines_kind_check`,
  `ALTER TABLE tenant_invoice_lines ADD CONSTRAINT tenant_invoice_lines_kind_check CHECK (kind IN (
    'plan_base', 'addon', 'overage', 'adjustment', 'manual', 'tax', 'discount', 'commitment', 'credit')) NOT VALID`,
];
