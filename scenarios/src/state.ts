import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { WholeStack } from './whole-stack.ts';

/** Tables in which a refused request leaves its audit entry, its answer under its key, or its count. */
const apart = /\.(audit|audit_entries|audit_head|idempotency|rate_counts|outbox|acknowledged|h\w{4})$/;

/** A hash of the rows of every table of every service, by table, without what every refused command leaves. */
const stateOf = async ({ database }: WholeStack): Promise<Record<string, string>> => {
  const client = new Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg%' AND n.nspname <> 'information_schema' ORDER BY 1`,
    );
    const hashes: Record<string, string> = {};
    for (const { name } of rows.filter((row) => !apart.test(row.name))) {
      const where = /\.events_/.test(name) ? `WHERE type <> 'audit.recorded'` : '';
      const found = await client.query<{ hash: string }>(
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') AS hash FROM ${name} t ${where}`,
      );
      hashes[name] = found.rows[0]?.hash ?? '';
    }
    return hashes;
  } finally {
    await client.end();
  }
};

/** The same, once nothing changes any more: what was accepted before may still be worked on. */
export const restingState = async (stack: WholeStack): Promise<Record<string, string>> => {
  for (let before = await stateOf(stack); ; ) {
    await delay(500);
    const after = await stateOf(stack);
    if (JSON.stringify(after) === JSON.stringify(before)) return after;
    before = after;
  }
};
