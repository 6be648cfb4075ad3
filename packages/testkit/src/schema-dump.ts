import type pg from 'pg';

type Line = { owner: string; line: string };

/** Monthly partitions are left out everywhere: they follow their parent and depend on the date. */
const relations = `
  SELECT c.oid, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition`;

const questions = [
  `WITH relations AS (${relations})
   SELECT relname AS owner, '  PARTITION BY ' || pg_get_partkeydef(oid) AS line FROM relations WHERE relkind = 'p'`,
  `WITH relations AS (${relations})
   SELECT relname AS owner, '  -- ' || coalesce(obj_description(oid, 'pg_class'), 'NO COMMENT: add COMMENT ON TABLE in its migration') AS line
   FROM relations WHERE relname !~ '^(platform_)?migrations'`,
  `WITH relations AS (${relations})
   SELECT relname AS owner, format('  %s %s%s%s', attname, format_type(atttypid, atttypmod),
       CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END,
       CASE WHEN attidentity <> '' THEN ' IDENTITY' WHEN adbin IS NULL THEN '' ELSE ' DEFAULT ' || pg_get_expr(adbin, adrelid) END) AS line
   FROM relations JOIN pg_attribute a ON a.attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
   LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum`,
  `WITH relations AS (${relations})
   SELECT relname AS owner, format('  CONSTRAINT %s %s', conname, pg_get_constraintdef(k.oid)) AS line
   FROM relations JOIN pg_constraint k ON k.conrelid = relations.oid AND k.contype <> 'n'`,
  `WITH relations AS (${relations})
   SELECT relname AS owner, '  ' || replace(pg_get_indexdef(i.indexrelid), $1 || '.', '') AS line
   FROM relations JOIN pg_index i ON i.indrelid = relations.oid
   WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)`,
  `WITH relations AS (${relations})
   SELECT relname AS owner, '  ' || replace(pg_get_triggerdef(t.oid), $1 || '.', '') AS line
   FROM relations JOIN pg_trigger t ON t.tgrelid = relations.oid AND NOT t.tgisinternal`,
];

const functions = `
  SELECT replace(pg_get_functiondef(p.oid), $1 || '.', '') AS line FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = $1 ORDER BY p.proname COLLATE "C", p.oid::regprocedure::text COLLATE "C"`;

/**
 * The schema of a service as stable text: its tables with columns, constraints, indexes and triggers, then its functions. Two
 * databases with the same text are the same to the service, whichever migrations they went through.
 */
export async function dumpSchema(admin: pg.Client, schema: string): Promise<string> {
  const blocks = new Map<string, string[]>();
  for (const question of questions) {
    const { rows } = await admin.query<Line>(question, [schema]);
    // Sorted here, columns too: the server's collation and the order of the migrations leave no trace.
    for (const { owner, line } of rows.toSorted((a, b) => (a.line < b.line ? -1 : 1))) {
      blocks.set(owner, [...(blocks.get(owner) ?? []), line]);
    }
  }
  const tables = [...blocks]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, lines]) => [`TABLE ${name}`, ...lines].join('\n'));
  const { rows } = await admin.query<{ line: string }>(functions, [schema]);
  return `${[...tables, ...rows.map(({ line }) => line.trim())].join('\n\n')}\n`;
}
