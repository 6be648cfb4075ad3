import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

export type KindSum = Omit<Tables['cloud_preview_kinds'], 'provider'>;

/** Replaces the stored preview. */
export async function replacePreview(
  db: Transaction<Tables>,
  preview: Tables['cloud_invoice_previews'],
  sums: readonly KindSum[],
): Promise<void> {
  const { provider } = preview;
  await db.deleteFrom('cloud_invoice_previews').where('provider', '=', provider).execute();
  await db.insertInto('cloud_invoice_previews').values(preview).execute();
  if (sums.length === 0) return;
  const rows = sums.map((sum) => ({ provider, ...sum }));
  await db.insertInto('cloud_preview_kinds').values(rows).execute();
}

export const previewSums = async (db: Kysely<Tables>, provider: string): Promise<KindSum[]> =>
  db
    .selectFrom('cloud_preview_kinds')
    .select(['kind', 'lines', 'matched', 'amount'])
    .where('provider', '=', provider)
    .orderBy('kind')
    .execute();

export async function findPreview(db: Kysely<Tables>): Promise<Tables['cloud_invoice_previews'] | undefined> {
  return db.selectFrom('cloud_invoice_previews').selectAll().executeTakeFirst();
}
