import pg from 'pg';

/**
 * The bare limit of a drift sweep: one SQL statement that compares every field of every spec with the live value, scalars by
 * their text and lists as sets, and counts the differences. Nothing is stored. Imports none of our code.
 */
export async function openComparison(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE TABLE bare_specs (id int PRIMARY KEY, spec jsonb NOT NULL)`);
  await client.query(
    `CREATE TABLE bare_live (id int PRIMARY KEY, name text NOT NULL, region text NOT NULL, attrs jsonb NOT NULL)`,
  );
  return {
    async fill(specs: string, live: string): Promise<void> {
      await client.query(`INSERT INTO bare_specs ${specs}`);
      await client.query(`INSERT INTO bare_live ${live}`);
      await client.query('ANALYZE bare_specs, bare_live');
    },
    /** Returns how many fields differ, and the duration in milliseconds. */
    async compare(): Promise<{ differing: number; ms: number }> {
      const started = performance.now();
      const found = await client.query<{ differing: number }>(`
        SELECT count(*)::int AS differing
        FROM bare_specs JOIN bare_live USING (id)
        CROSS JOIN LATERAL jsonb_each(spec) AS wanted(field, expected)
        CROSS JOIN LATERAL (
          SELECT coalesce(CASE wanted.field WHEN 'name' THEN to_jsonb(name) WHEN 'region' THEN to_jsonb(region) END, attrs -> wanted.field)
        ) AS compared(actual)
        WHERE CASE jsonb_typeof(expected)
          WHEN 'array' THEN (SELECT array_agg(DISTINCT item ORDER BY item) FROM jsonb_array_elements_text(expected) AS item)
            IS DISTINCT FROM (SELECT array_agg(DISTINCT item ORDER BY item) FROM jsonb_array_elements_text(actual) AS item)
          ELSE expected #>> '{}' IS DISTINCT FROM actual #>> '{}' END`);
      return { differing: found.rows[0]?.differing ?? 0, ms: performance.now() - started };
    },
    close: () => client.end(),
  };
}
