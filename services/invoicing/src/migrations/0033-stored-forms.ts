import { type Kysely, sql } from 'kysely';

/**
 * What this database may hold that earlier releases cannot read. One that an earlier release has made, of which replicas may still run
 * beside the new ones, or take over again, goes on as before; a later migration has it use the form.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE stored_forms (form text PRIMARY KEY CHECK (form = 'compressed'))`,
    `COMMENT ON TABLE stored_forms IS 'Forms in which this database may store and publish what releases before them cannot read'`,
    // Without an earlier release all migrations run in one transaction.
    `INSERT INTO stored_forms SELECT 'compressed' WHERE NOT EXISTS (SELECT FROM migrations WHERE xmin <> pg_current_xact_id()::xid)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
