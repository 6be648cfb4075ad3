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

/** Those of these addons that are on offer, in no order. */
export const findOfferedAddons = async (db: Db, codes: readonly string[]): Promise<AddonRow[]> => {
  if (codes.length === 0) return [];
  const { rows } = await sql<Found>`
    SELECT ${columns} FROM addons WHERE addon_code = ANY(${codes}::text[]) AND is_offered`.execute(db);
  return rows.map(rowOf);
};

/** An addon, on offer or not; null if there is none. */
export const findAddon = async (db: Db, code: string): Promise<AddonRow | null> => {
  const { rows } = await sql<Found>`SELECT ${columns} FROM addons WHERE addon_code = ${code}`.execute(db);
  return rows[0] === undefined ? null : rowOf(rows[0]);
};

export const pageOfAddons = async (
  db: Db,
  page: { all: boolean; text: string | null; after: string | null; limit: number },
): Promise<AddonRow[]> => {
  const { rows } = await sql<Found>`SELECT ${columns} FROM addons
    WHERE (is_offered OR ${page.all}) AND (${page.text}::text IS NULL OR strpos(lower(addon_code || ' ' || name), lower(${page.text})) > 0)
      AND (${page.after}::text IS NULL OR addon_code > ${page.after})
    ORDER BY addon_code LIMIT ${page.limit + 1}`.execute(db);
  return rows.map(rowOf);
};

export const saveAddon = async (db: Db, addon: AddonRow): Promise<void> => {
  await sql`INSERT INTO addons (addon_code, name, resource_kind, qty, price_cents, currency, is_offered)
    VALUES (${addon.code}, ${addon.name}, ${addon.kind}, ${addon.qty}, ${addon.price_cents}, ${addon.currency}, ${addon.is_offered})
    ON CONFLICT (addon_code) DO UPDATE SET name = EXCLUDED.name, resource_kind = EXCLUDED.resource_kind, qty = EXCLUDED.qty,
      price_cents = EXCLUDED.price_cents, currency = EXCLUDED.currency, is_offered = EXCLUDED.is_offered`.execute(db);
};

/** Inserts addons; one whose code exists stays as it is. */
export const insertAddons = async (db: Db, addons: readonly AddonRow[]): Promise<void> => {
  const rows = addons.map(({ code, kind, price_cents, ...addon }) => ({
    ...addon,
    addon_code: code,
    resource_kind: kind,
    price_cents: String(price_cents),
  }));
  await db
    .insertInto('addons')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
