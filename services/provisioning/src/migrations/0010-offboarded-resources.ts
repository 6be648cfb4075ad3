import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE offboarded_resources (
      deployment_id uuid NOT NULL,
      resource_id uuid NOT NULL,
      PRIMARY KEY (deployment_id, resource_id)
    )`.execute(db);
  await sql`
    COMMENT ON TABLE offboarded_resources IS
      'Resources that belonged to a deployment when it was offboarded: an archived deployment owns none any more'`.execute(
    db,
  );
}
