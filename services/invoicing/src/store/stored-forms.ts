import { decompressJson } from '@arcadia/platform';
import { sql } from 'kysely';
import type { KeptInput } from '../domain/rating/kept-input.ts';
import type { Db } from './schema.ts';

/**
 * Whether invoices are stored and published compressed: in a database that no release has worked with that cannot read them
 * (docs/decisions/0107-an-invoice-is-compressed-once-where-it-is-made.md).
 */
export const compressing = sql<boolean>`EXISTS (SELECT FROM stored_forms WHERE form = 'compressed')`;

export const isCompressing = async (db: Db): Promise<boolean> => {
  const { rows } = await sql<{ is: boolean }>`SELECT ${compressing} AS is`.execute(db);
  return rows[0]?.is === true;
};

/** What the rating of an invoice read, of a column that holds it compressed or not. */
export const readKept = (stored: KeptInput | string): KeptInput =>
  typeof stored === 'string' ? (decompressJson(stored) as KeptInput) : stored;
