import { type Kysely, sql } from 'kysely';

/** What each table holds, for \d+ in psql and for docs/tables.md. */
const comments = {
  live: 'Present state of every resource, from resource.observed',
  desired: 'Expected state (spec) of every resource that provisioning manages, from resource.provisioned',
  sweeps: 'Newest complete sweep of every resource kind, from inventory.swept',
  prices: 'Newest list price of every droplet size, from price.observed',
  cloud_drift: 'Drift rows: one per resource and field while open, kept after closing',
  ignored_fields: 'Rules that exclude a field of a resource, or of a kind, from comparison',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, comment] of Object.entries(comments)) {
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
  }
}
