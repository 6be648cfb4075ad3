import { type Kysely, sql } from 'kysely';

/** What is looked up for each invoice that is made, whatever the number of those there are. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE INDEX tenant_invoices_tenant ON tenant_invoices (tenant_id, period)`,
    // All lines that one statement touches are of one invoice as a rule, which is looked up once.
    `CREATE OR REPLACE FUNCTION keep_issued_lines() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT invoice_id FROM touched) AS t JOIN tenant_invoices i USING (invoice_id) WHERE i.status <> 'draft'
      ) THEN
        RAISE EXCEPTION 'the lines of an issued invoice do not change' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END $$`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
