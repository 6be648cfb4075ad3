import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Which deployments there are and whose: an allocation rule may give a share to these only. */
export const deployments: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      CREATE TABLE deployments (
        deployment_id uuid PRIMARY KEY,
        tenant_id text NOT NULL,
        revision integer NOT NULL
      )`.execute(db);
    await sql`CREATE INDEX deployments_tenant ON deployments (tenant_id)`.execute(db);
  },
};
