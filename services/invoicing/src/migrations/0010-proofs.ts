import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE proofs (
      proof_id uuid PRIMARY KEY,
      period text NOT NULL,
      status text NOT NULL CHECK (status IN ('running', 'proved', 'differs', 'failed')),
      asked_by text NOT NULL,
      started_at timestamptz NOT NULL,
      completed_at timestamptz,
      detail text
    )`,
    `CREATE INDEX proofs_period ON proofs (period, started_at DESC, proof_id DESC)`,
    `CREATE TABLE invoice_proofs (
      proof_id uuid NOT NULL REFERENCES proofs,
      tenant_id text NOT NULL,
      is_differing boolean NOT NULL,
      proof json NOT NULL,
      PRIMARY KEY (proof_id, tenant_id)
    )`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
