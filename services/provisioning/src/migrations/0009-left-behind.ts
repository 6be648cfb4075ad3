import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE known_resources ADD COLUMN attrs jsonb NOT NULL DEFAULT '{}'`.execute(db);
  await sql`COMMENT ON COLUMN known_resources.attrs IS 'Attributes on which its list price depends, and its source'`.execute(
    db,
  );
  await sql`
    CREATE TABLE list_prices (
      provider text NOT NULL,
      size_slug text NOT NULL,
      price_monthly numeric NOT NULL,
      currency text NOT NULL,
      effective_at timestamptz NOT NULL,
      PRIMARY KEY (provider, size_slug)
    )`.execute(db);
  await sql`COMMENT ON TABLE list_prices IS 'Newest list price of every size, from price.observed'`.execute(db);
}
