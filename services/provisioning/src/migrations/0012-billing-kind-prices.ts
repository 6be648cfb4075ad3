import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE billing_kind_prices (
      kind text NOT NULL,
      dimension text NOT NULL,
      valid_from date NOT NULL,
      currency text NOT NULL,
      price_monthly numeric,
      unit_price numeric,
      revision integer NOT NULL,
      PRIMARY KEY (kind, dimension, valid_from)
    )`.execute(db);
  await sql`
    COMMENT ON TABLE billing_kind_prices IS 'List prices of the provider by billing kind, size and day, observed or loaded, from list-price.changed'`.execute(
    db,
  );
}
