import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE provider_invoices (
      invoice_uuid text PRIMARY KEY,
      provider text NOT NULL,
      period text NOT NULL,
      revision integer NOT NULL,
      status text NOT NULL,
      currency text NOT NULL,
      fx_to text,
      fx_rate numeric
    )`,
    `CREATE INDEX provider_invoices_period ON provider_invoices (period)`,
    `CREATE TABLE provider_costs (
      invoice_uuid text NOT NULL REFERENCES provider_invoices ON DELETE CASCADE,
      position integer NOT NULL,
      target text NOT NULL,
      tenant_id text,
      deployment_id uuid,
      kind text NOT NULL,
      is_tax boolean NOT NULL,
      amount_cents bigint NOT NULL,
      PRIMARY KEY (invoice_uuid, position)
    )`,
    `CREATE TABLE alert_rules (
      alert_id uuid PRIMARY KEY,
      tenant_id text NOT NULL,
      deployment_id uuid NOT NULL,
      basis text NOT NULL CHECK (basis IN ('included_percent', 'money')),
      kind text,
      value numeric NOT NULL CHECK (value > 0),
      created_at timestamptz NOT NULL
    )`,
    `CREATE INDEX alert_rules_deployment ON alert_rules (deployment_id)`,
    `CREATE TABLE alert_crossings (
      alert_id uuid NOT NULL,
      period text NOT NULL,
      deployment_id uuid NOT NULL,
      reached numeric NOT NULL,
      crossed_at timestamptz NOT NULL,
      PRIMARY KEY (alert_id, period)
    )`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
