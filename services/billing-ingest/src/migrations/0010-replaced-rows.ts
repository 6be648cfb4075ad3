import { type Kysely, sql } from 'kysely';

/**
 * Of tables whose rows hold from a day or a month on, a row that another takes the place of stays as it was, with who replaced it and
 * when. A row that is written again as it is keeps who set it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const keeping = (table: string): string =>
  `CREATE TRIGGER ${table}_keep_replaced BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION keep_replaced_row()`;

const statements = [
  `CREATE TABLE replaced_rows (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    content jsonb NOT NULL,
    replaced_by text,
    replaced_at timestamptz
  )`,
  `COMMENT ON TABLE replaced_rows IS 'Prices, rules and rates as they were before others took their place'`,
  `CREATE INDEX replaced_rows_table ON replaced_rows (table_name, number DESC)`,
  `CREATE FUNCTION keep_replaced_row() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  DECLARE setting constant text[] := ARRAY['set_by', 'set_at', 'revision'];
  BEGIN
    IF to_jsonb(NEW) - setting = to_jsonb(OLD) - setting THEN RETURN OLD; END IF;
    INSERT INTO replaced_rows (table_name, content, replaced_by, replaced_at) VALUES (TG_TABLE_NAME, to_jsonb(OLD), NEW.set_by, NEW.set_at);
    RETURN NEW;
  END $$`,
  ...['allocation_rules', 'fx_rates'].map(keeping),
];
