import type { invoicing, Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { z } from 'zod';
import { type KeptInput, wholeSubscriptions } from '../../domain/rating/kept-input.ts';
import type { RatingInput } from '../../domain/rating/rate.ts';
import type { TenantTerms } from '../../domain/rating/terms.ts';
import type { Db, Tables } from '../schema.ts';
import { readKept } from '../stored-forms.ts';
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

type OwnTerms = TenantTerms & Pick<RatingInput, 'credits'>;

/** What the rating of an invoice read: the tenant's tax and own terms, the fallback prices, and the subscriptions of one deployment. */
export const ratedTerms = async (
  db: Db,
  of: { invoiceId: string; deploymentId: string | null },
): Promise<
  OwnTerms &
    Pick<RatingInput, 'tax' | 'fallback_prices' | 'list_prices' | 'rates'> &
    Pick<RatingInput['deployments'][number], 'subscriptions'>
> => {
  const { rows } = await sql<{ kept: KeptInput | string }>`
    SELECT CASE json_typeof(input) WHEN 'string' THEN input ELSE json_build_object('tax', input -> 'tax',
      'discounts', input -> 'discounts', 'price_overrides', input -> 'price_overrides', 'commitments', input -> 'commitments',
      'credits', input -> 'credits', 'fallback_prices', input -> 'fallback_prices', 'list_prices', input -> 'list_prices',
      'rates', input -> 'rates', 'plans', input -> 'plans', 'deployments', (
        SELECT json_agg(d) FROM (SELECT d FROM json_array_elements(input -> 'deployments') AS d
        WHERE d ->> 'deployment_id' = ${of.deploymentId} LIMIT 1) AS own)) END AS kept
    FROM tenant_invoices WHERE invoice_id = ${of.invoiceId}`.execute(db);
  const [found] = rows;
  if (found === undefined) throw new Error(`there is no invoice ${of.invoiceId}`);
  const { tax, fallback_prices, list_prices, rates, plans, deployments, ...all } = readKept(found.kept);
  const { discounts, price_overrides, commitments, credits } = all;
  const held: OwnTerms = Object.fromEntries(
    Object.entries({ discounts, price_overrides, commitments, credits }).filter(([, list]) => (list ?? null) !== null),
  );
  const own = (deployments ?? []).find(({ deployment_id }) => deployment_id === of.deploymentId);
  return {
    tax,
    fallback_prices,
    ...held,
    subscriptions: wholeSubscriptions(own?.subscriptions ?? [], plans ?? []),
    ...((list_prices ?? null) === null ? {} : { list_prices, rates: rates ?? [] }),
  };
};

/** What the documents of an invoice print besides its head and lines: what its rating read, and the names of its deployments. */
export const printedWith = async (
  db: Db,
  invoiceId: string,
): Promise<{ input: KeptInput } & Pick<Tables['tenant_invoices'], 'deployment_names'>> => {
  const { input, deployment_names } = await db
    .selectFrom('tenant_invoices')
    .select(['input', 'deployment_names'])
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirstOrThrow();
  return { input: readKept(input), deployment_names };
};

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
