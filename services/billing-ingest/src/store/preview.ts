import { type Kysely, sql, type Transaction } from 'kysely';
import type { CostLine } from '../domain/cost-line.ts';
import type { Database } from './schema.ts';

/** Puts a preview in place of the one before. */
export const replacePreview = async (
  db: Transaction<Database>,
  preview: Database['cloud_invoice_previews'],
  lines: readonly (CostLine & { resource_id: string | null })[],
): Promise<void> => {
  await db.deleteFrom('cloud_invoice_previews').where('provider', '=', preview.provider).execute();
  await db.insertInto('cloud_invoice_previews').values(preview).execute();
  const rows = lines.map(({ line_no, product, kind, description, amount, resource_id }) => ({
    provider: preview.provider,
    line_no,
    product,
    kind,
    description,
    amount,
    resource_id,
  }));
  await sql`
    INSERT INTO cloud_preview_lines SELECT * FROM json_populate_recordset(NULL::cloud_preview_lines, ${JSON.stringify(rows)}::json)`.execute(
    db,
  );
};

export const previewSums = async (db: Kysely<Database>, provider: string) => {
  const { rows } = await sql<{ kind: string; lines: number; matched: number; amount: string }>`
    SELECT kind, count(*)::int AS lines, count(resource_id)::int AS matched, sum(amount) AS amount
    FROM cloud_preview_lines WHERE provider = ${provider} GROUP BY kind ORDER BY kind`.execute(db);
  return rows;
};
