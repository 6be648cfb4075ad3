import { sql } from 'kysely';
import type { Db } from '../schema.ts';

export type AddonRow = {
  code: string;
  name: string;
  kind: string;
  qty: string;
  price_cents: number;
  currency: string;
  is_offered: boolean;
};

type Found = Omit<AddonRow, 'price_cents'> & { price_cents: string };

const columns = sql`addon_code AS code, name, resource_kind AS kind, trim_scale(qty)::text AS qty, price_cents, currency, is_offered`;

const rowOf = (found: Found): AddonRow => ({ ...found, price_cents: Number(found.price_cents) });

/** An addon as it can be attached today. */
export const findOfferedAddon = async (db: Db, code: string): Promise<AddonRow | null> => {
  const { rows } = await sql<Found>`SELECT ${columns} FROM addons WHERE addon_code = ${code} AND is_offered`.execute(
    db,
  );
  return rows[0] === undefined ? null : rowOf(rows[0]);
};

export const pageOfAddons = async (
  db: Db,
  asked: { all: boolean; after: string | null; limit: number },
): Promise<AddonRow[]> => {
  const { rows } = await sql<Found>`SELECT ${columns} FROM addons
    WHERE (is_offered OR ${asked.all}) AND (${asked.after}::text IS NULL OR addon_code > ${asked.after})
    ORDER BY addon_code LIMIT ${asked.limit + 1}`.execute(db);
  return rows.map(rowOf);
};

export const saveAddon = async (db: Db, addon: AddonRow): Promise<void> => {
  await sql`INSERT INTO addons VALUES (${addon.code}, ${addon.name}, ${addon.kind}, ${addon.qty}, ${addon.price_cents}, ${addon.currency}, ${addon.is_offered})
    ON CONFLICT (addon_code) DO UPDATE SET name = EXCLUDED.name, resource_kind = EXCLUDED.resource_kind, qty = EXCLUDED.qty,
      price_cents = EXCLUDED.price_cents, currency = EXCLUDED.currency, is_offered = EXCLUDED.is_offered`.execute(db);
};
