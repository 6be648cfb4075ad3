import { type Kysely, sql } from 'kysely';

/**
 * Fallback prices may charge the provider's list price with a mark-up (null: a unit price, as every existing one). List prices and
 * exchange rates are published when they change, in the order in which invoices may use them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    'ALTER TABLE resource_prices ADD COLUMN charge_model text, ADD COLUMN mark_up_percent numeric CHECK (mark_up_percent >= -100)',
    `CREATE TABLE list_prices (
      kind text NOT NULL,
      dimension text,
      valid_from date NOT NULL,
      currency text NOT NULL,
      price_monthly numeric CHECK (price_monthly >= 0),
      unit_price numeric CHECK (unit_price >= 0),
      source text NOT NULL,
      revision integer NOT NULL,
      CONSTRAINT list_prices_key UNIQUE NULLS NOT DISTINCT (kind, dimension, valid_from),
      CHECK (num_nonnulls(price_monthly, unit_price) = 1)
    )`,
    `CREATE TABLE exchange_rates (
      period text NOT NULL,
      from_currency text NOT NULL,
      to_currency text NOT NULL,
      rate numeric NOT NULL CHECK (rate > 0),
      revision integer NOT NULL,
      PRIMARY KEY (period, from_currency, to_currency)
    )`,
    `COMMENT ON TABLE list_prices IS 'List prices of the provider by kind and size, observed or loaded, from a day on'`,
    `COMMENT ON TABLE exchange_rates IS 'Exchange rates pinned for a period, consumed from exchange-rate.pinned and invoice.ingested'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
