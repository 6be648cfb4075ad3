import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A preview is shown by kind. Its lines were kept as well and nobody ever read them. */
export const previewByKind: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      CREATE TABLE cloud_preview_kinds (
        provider text NOT NULL REFERENCES cloud_invoice_previews ON DELETE CASCADE,
        kind text NOT NULL,
        lines integer NOT NULL,
        matched integer NOT NULL,
        amount numeric NOT NULL,
        PRIMARY KEY (provider, kind)
      )`.execute(db);
    await sql`
      INSERT INTO cloud_preview_kinds SELECT provider, kind, count(*), count(resource_id), sum(amount)
      FROM cloud_preview_lines GROUP BY provider, kind`.execute(db);
    await sql`DROP TABLE cloud_preview_lines`.execute(db);
  },
};
