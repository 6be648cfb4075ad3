import type { invoicing, Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { z } from 'zod';
import { type KeptInput, wholeSubscriptions } from '../../domain/rating/kept-input.ts';
import type { RatingInput } from '../../domain/rating/rate.ts';
import type { ExchangeRate, ListPrice, PlanTerms, TenantTerms } from '../../domain/rating/terms.ts';
import type { Db, Tables } from '../schema.ts';
import type { InvoiceLineRow } from './invoice-line-row.ts';

/** Lines of an invoice in their order, after a position; one row above the limit. */
export const pageOfLines = async (
  db: Db,
  page: { invoiceId: string; deploymentId?: string | undefined; after: number; limit: number },
): Promise<InvoiceLineRow[]> => {
  let query = db
    .selectFrom('tenant_invoice_lines')
    .selectAll()
    .where('invoice_id', '=', page.invoiceId)
    .where('position', '>', page.after);
  if (page.deploymentId !== undefined) query = query.where('deployment_id', '=', page.deploymentId);
  return query
    .orderBy('position')
    .limit(page.limit + 1)
    .execute();
};

export const countLines = async (db: Db, invoiceId: string): Promise<number> => {
  const { rows } = await sql<{ count: string }>`SELECT count(*) AS count FROM tenant_invoice_lines
    WHERE invoice_id = ${invoiceId}`.execute(db);
  return Number(rows[0]?.count ?? 0);
};

export const findLine = async (
  db: Db,
  line: { invoiceId: string; lineId: string },
): Promise<InvoiceLineRow | undefined> =>
  db
    .selectFrom('tenant_invoice_lines')
    .selectAll()
    .where('invoice_id', '=', line.invoiceId)
    .where('line_id', '=', line.lineId)
    .executeTakeFirst();

/** The deployments that an invoice bills, in the order of their ids. */
export const deploymentsBilled = async (db: Db, invoiceId: string): Promise<string[]> => {
  const { rows } = await sql<{ deployment_id: string }>`SELECT DISTINCT deployment_id FROM tenant_invoice_lines
    WHERE invoice_id = ${invoiceId} AND deployment_id IS NOT NULL ORDER BY deployment_id`.execute(db);
  return rows.map(({ deployment_id }) => deployment_id);
};

export type Unbilled = { position: number; usage: z.infer<typeof invoicing.unbilledUsage> };

/** Usage that an invoice does not bill, after a position; one row above the limit. */
export const pageOfUnbilled = async (
  db: Db,
  page: { invoiceId: string; after: number; limit: number },
): Promise<Unbilled[]> => {
  const { rows } = await sql<Unbilled>`SELECT u.position::int, u.usage FROM tenant_invoices i
    CROSS JOIN LATERAL json_array_elements(i.unrated) WITH ORDINALITY AS u(usage, position)
    WHERE i.invoice_id = ${page.invoiceId} AND u.position > ${page.after} ORDER BY u.position LIMIT ${page.limit + 1}`.execute(
    db,
  );
  return rows;
};

/** What the rating of an invoice read: the tenant's tax and own terms, the fallback prices, and the subscriptions of one deployment. */
export const ratedTerms = async (
  db: Db,
  of: { invoiceId: string; deploymentId: string | null },
): Promise<
  TenantTerms &
    Pick<RatingInput, 'tax' | 'fallback_prices' | 'list_prices' | 'rates' | 'credits'> &
    Pick<RatingInput['deployments'][number], 'subscriptions'>
> => {
  type Found = Pick<RatingInput, 'tax' | 'fallback_prices'> &
    Pick<KeptInput['deployments'][number], 'subscriptions'> & {
      plans: PlanTerms[];
      list_prices: ListPrice[] | null;
      rates: ExchangeRate[] | null;
      own: Record<string, unknown>;
    };
  const { rows } = await sql<Found>`
    SELECT input -> 'tax' AS tax, json_build_object('discounts', input -> 'discounts', 'price_overrides', input -> 'price_overrides',
      'commitments', input -> 'commitments', 'credits', input -> 'credits') AS own,
      input -> 'fallback_prices' AS fallback_prices, input -> 'list_prices' AS list_prices, input -> 'rates' AS rates,
      coalesce(input -> 'plans', '[]') AS plans, coalesce((
      SELECT d -> 'subscriptions' FROM json_array_elements(input -> 'deployments') AS d
      WHERE d ->> 'deployment_id' = ${of.deploymentId} LIMIT 1), '[]') AS subscriptions
    FROM tenant_invoices WHERE invoice_id = ${of.invoiceId}`.execute(db);
  const [terms] = rows;
  if (terms === undefined) throw new Error(`there is no invoice ${of.invoiceId}`);
  const { list_prices, rates, own, plans, subscriptions, ...all } = terms;
  const held: TenantTerms & Pick<RatingInput, 'credits'> = Object.fromEntries(
    Object.entries(own).filter(([, list]) => list !== null),
  );
  return {
    ...all,
    ...held,
    subscriptions: wholeSubscriptions(subscriptions, plans),
    ...(list_prices === null ? {} : { list_prices, rates: rates ?? [] }),
  };
};

/** What the documents of an invoice print besides its head and lines: what its rating read, and the names of its deployments. */
export const printedWith = async (
  db: Db,
  invoiceId: string,
): Promise<Pick<Tables['tenant_invoices'], 'input' | 'deployment_names'>> =>
  db
    .selectFrom('tenant_invoices')
    .select(['input', 'deployment_names'])
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirstOrThrow();

/** The names of the deployments on an invoice as they were when it was made; null on older invoices. */
export const printedNames = async (
  db: Db,
  invoiceId: string,
): Promise<Pick<Tables['tenant_invoices'], 'deployment_names'>> =>
  db
    .selectFrom('tenant_invoices')
    .select('deployment_names')
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirstOrThrow();

/** A line with what identifies the facts behind it. */
export type LiveLine = InvoiceLineRow & Pick<Tables['tenant_invoices'], 'tenant_id' | 'period' | 'close_revision'>;

/** The lines of a deployment for usage, and their corrections, on the issued and paid invoices of a month. */
export const usageLinesOf = async (
  db: Db,
  of: { tenantId: string; period: Period; deploymentId: string },
): Promise<LiveLine[]> => {
  const { rows } = await sql<LiveLine>`SELECT l.*, i.tenant_id, i.period, i.close_revision
    FROM tenant_invoices i JOIN tenant_invoice_lines l USING (invoice_id)
    WHERE i.tenant_id = ${of.tenantId} AND i.period = ${of.period} AND i.status IN ('issued', 'paid')
      AND l.deployment_id = ${of.deploymentId} AND l.resource_kind IS NOT NULL AND l.kind IN ('overage', 'adjustment')
    ORDER BY i.invoice_id, l.position`.execute(db);
  return rows;
};
