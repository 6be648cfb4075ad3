import type { Period } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { type Insertable, type Selectable, sql } from 'kysely';
import { withoutCredited } from '../../domain/invoices/excess.ts';
import type { RatedLine } from '../../domain/rating/rated-line.ts';
import type { Db, Tables } from '../schema.ts';

const columns = [
  'manual_line_id',
  'deployment_id',
  'description',
  'qty',
  'unit',
  'unit_price_cents',
  'amount_cents',
  'credited_cents',
] as const;

const lineOf = (row: Pick<Selectable<Tables['manual_lines']>, (typeof columns)[number]>): RatedLine =>
  withoutCredited(wholeLine(row), Number(row.credited_cents));

const wholeLine = (row: Pick<Selectable<Tables['manual_lines']>, (typeof columns)[number]>): RatedLine => ({
  key: `manual/${row.manual_line_id}`,
  kind: 'manual',
  deployment_id: row.deployment_id,
  resource_kind: null,
  description: row.description,
  qty: row.qty,
  unit: row.unit,
  unit_price_cents: row.unit_price_cents,
  amount_cents: Number(row.amount_cents),
  meta: { manual_line_id: row.manual_line_id },
});

export const isOpenManualLine = (tenantId: string, period: Period) =>
  sql<boolean>`tenant_id = ${tenantId} AND period <= ${period} AND invoice_id IS NULL AND amount_cents + credited_cents <> 0`;

/** The lines added by hand that this month's invoice is to contain. */
export const openManualLines = async (db: Db, tenantId: string, period: Period): Promise<RatedLine[]> => {
  const rows = await db
    .selectFrom('manual_lines')
    .modifyFront(steady)
    .select(columns)
    .where(isOpenManualLine(tenantId, period))
    .orderBy('created_at')
    .orderBy('manual_line_id')
    .execute();
  return rows.map(lineOf);
};

export const noteInvoicedManualLines = async (
  db: Db,
  invoiceId: string,
  lines: readonly RatedLine[],
): Promise<void> => {
  const ids = lines.flatMap(({ meta }) => (typeof meta.manual_line_id === 'string' ? [meta.manual_line_id] : []));
  if (ids.length > 0)
    await sql`UPDATE manual_lines SET invoice_id = ${invoiceId} WHERE manual_line_id = ANY(${ids}::uuid[])`.execute(db);
};

/** Records that a part of a negative line was credited instead of invoiced. */
export const noteCreditedManualLine = async (db: Db, manualLineId: string, cents: number): Promise<void> => {
  await sql`UPDATE manual_lines SET credited_cents = credited_cents + ${cents} WHERE manual_line_id = ${manualLineId}`.execute(
    db,
  );
};

export const releaseManualLines = async (db: Db, invoiceId: string): Promise<void> => {
  await sql`UPDATE manual_lines SET invoice_id = NULL WHERE invoice_id = ${invoiceId}`.execute(db);
};

/** How many lines a tenant was ever given by hand. */
export const countManualLines = async (db: Db, tenantId: string): Promise<number> => {
  const counted = await db
    .selectFrom('manual_lines')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst();
  return Number(counted?.count ?? 0);
};

export const insertManualLine = async (db: Db, line: Insertable<Tables['manual_lines']>): Promise<void> => {
  await db.insertInto('manual_lines').values(line).execute();
};
