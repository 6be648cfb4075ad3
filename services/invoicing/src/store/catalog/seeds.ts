import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/** Records that the first catalog is inserted. @returns false if it was inserted before */
export const takeSeed = async (db: Db, now: Temporal.Instant): Promise<boolean> => {
  const { rows } = await sql`INSERT INTO catalog_seeds (name, seeded_at) VALUES ('seed', ${now.toString()})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(db);
  return rows.length > 0;
};
