import type { Kysely, Transaction } from 'kysely';
import type { Database } from './schema.ts';

export type KindSum = Omit<Database['cloud_preview_kinds'], 'provider'>;

/** Puts a preview in place of the one before. */
export const replacePreview = async (
  db: Transaction<Database>,
  preview: Database['cloud_invoice_previews'],
  sums: readonly KindSum[],
): Promise<void> => {
  const { provider } = preview;
  await db.deleteFrom('cloud_invoice_previews').where('provider', '=', provider).execute();
  await db.insertInto('cloud_invoice_previews').values(preview).execute();
  if (sums.length === 0) return;
  const rows = sums.map((sum) => ({ provider, ...sum }));
  await db.insertInto('cloud_preview_kinds').values(rows).execute();
};

export const previewSums = async (db: Kysely<Database>, provider: string): Promise<KindSum[]> =>
  db
    .selectFrom('cloud_preview_kinds')
    .select(['kind', 'lines', 'matched', 'amount'])
    .where('provider', '=', provider)
    .orderBy('kind')
    .execute();
