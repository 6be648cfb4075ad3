import { sql, type Transaction } from 'kysely';
import type { Share } from '../domain/allocate-line.ts';
import type { CostLine } from '../domain/cost-line.ts';
import type { Match } from '../domain/match-line.ts';
import type { Database } from './schema.ts';

/** A stored line as matching needs it. */
export type LineToMatch = Pick<
  Database['cloud_cost_lines'],
  'line_no' | 'kind' | 'product' | 'description' | 'start_at' | 'end_at' | 'provider_ids' | 'name_keys'
> & { amount_cents: number };

export const removeLines = async (db: Transaction<Database>, invoiceUuid: string): Promise<void> => {
  await sql`DELETE FROM cloud_cost_lines WHERE invoice_uuid = ${invoiceUuid}`.execute(db);
};

const field = '\u001f';
const record = '\u001e';
const item = '\u001d';
const nothing = '\u001a';

/** These characters separate what is sent; in the provider's texts they mean nothing. */
const plain = (text: string): string => {
  let result = text;
  for (const separator of [field, record, item, nothing])
    if (result.includes(separator)) result = result.replaceAll(separator, ' ');
  return result;
};

/**
 * Stores lines. They travel as one text that Postgres takes apart, which costs a fraction of an array for each column and,
 * other than COPY, can be part of the caller's transaction.
 */
export const insertLines = async (
  db: Transaction<Database>,
  invoice: { invoice_uuid: string; period: string },
  lines: readonly CostLine[],
): Promise<void> => {
  if (lines.length === 0) return;
  const rows = lines.map((line) =>
    [
      line.line_no,
      plain(line.product),
      line.kind,
      plain(line.description),
      plain(line.group_description),
      plain(line.project_name),
      line.category === null ? nothing : plain(line.category),
      line.hours ?? nothing,
      line.start_at ?? nothing,
      line.end_at ?? nothing,
      line.amount,
      line.amount_minor,
      line.is_tax,
      line.provider_ids.map(plain).join(item),
      line.name_keys.map(plain).join(item),
    ].join(field),
  );
  await sql`
    INSERT INTO cloud_cost_lines (invoice_uuid, period, line_no, product, kind, description, group_description, project_name,
      category, hours, start_at, end_at, amount, amount_minor, is_tax, provider_ids, name_keys)
    SELECT ${invoice.invoice_uuid}, ${invoice.period}, f[1]::int, f[2], f[3], f[4], f[5], f[6],
      nullif(f[7], ${nothing}), nullif(f[8], ${nothing})::numeric, nullif(f[9], ${nothing})::timestamptz,
      nullif(f[10], ${nothing})::timestamptz, f[11]::numeric, f[12]::bigint, f[13]::boolean,
      string_to_array(f[14], ${item}), string_to_array(f[15], ${item})
    FROM (SELECT string_to_array(line, ${field}) AS f FROM string_to_table(${rows.join(record)}, ${record}) AS line) AS fields`.execute(
    db,
  );
};

/** Lines of an invoice in their order, some at a time. */
export async function* linesToMatch(
  db: Transaction<Database>,
  invoiceUuid: string,
  batch = 2000,
): AsyncGenerator<LineToMatch[]> {
  for (let after = 0; ; ) {
    const { rows } = await sql<Omit<LineToMatch, 'amount_cents'> & { amount_minor: string }>`
      SELECT line_no, kind, product, description, start_at, end_at, provider_ids, name_keys, amount_minor FROM cloud_cost_lines
      WHERE invoice_uuid = ${invoiceUuid} AND line_no > ${after} ORDER BY line_no LIMIT ${batch}`.execute(db);
    if (rows.length > 0) yield rows.map(({ amount_minor, ...row }) => ({ ...row, amount_cents: Number(amount_minor) }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < batch) return;
    after = last.line_no;
  }
}

/** Stores what lines match. Rows that say so already are left as they are. */
export const storeMatches = async (
  db: Transaction<Database>,
  invoiceUuid: string,
  matches: readonly { line_no: number; match: Match }[],
): Promise<void> => {
  await sql`
    UPDATE cloud_cost_lines l SET resource_id = m.resource_id, matched_by = m.matched_by, unmatched_reason = m.unmatched_reason
    FROM unnest(${matches.map(({ line_no }) => line_no)}::int[], ${matches.map(({ match }) => match.resource_id)}::uuid[],
      ${matches.map(({ match }) => match.matched_by)}::text[], ${matches.map(({ match }) => match.unmatched_reason)}::text[])
      AS m(line_no, resource_id, matched_by, unmatched_reason)
    WHERE l.invoice_uuid = ${invoiceUuid} AND l.line_no = m.line_no
      AND (l.resource_id, l.matched_by, l.unmatched_reason) IS DISTINCT FROM (m.resource_id, m.matched_by, m.unmatched_reason)`.execute(
    db,
  );
};

export const removeShares = async (db: Transaction<Database>, invoiceUuid: string): Promise<void> => {
  await sql`DELETE FROM cloud_cost_allocations WHERE invoice_uuid = ${invoiceUuid}`.execute(db);
};

export const insertShares = async (
  db: Transaction<Database>,
  invoiceUuid: string,
  lines: readonly { line_no: number; shares: readonly Share[] }[],
): Promise<void> => {
  const rows = lines.flatMap(({ line_no, shares }) =>
    shares.map((share, index) => ({ ...share, line_no, share_no: index + 1 })),
  );
  if (rows.length === 0) return;
  const column = <T>(pick: (row: (typeof rows)[number]) => T): T[] => rows.map(pick);
  await sql`
    INSERT INTO cloud_cost_allocations (invoice_uuid, line_no, share_no, target, tenant_id, deployment_id, amount_minor, rule)
    SELECT ${invoiceUuid}, * FROM unnest(${column((row) => row.line_no)}::int[], ${column((row) => row.share_no)}::int[],
      ${column((row) => row.target)}::text[], ${column((row) => row.tenant_id)}::text[], ${column((row) => row.deployment_id)}::uuid[],
      ${column((row) => row.amount_cents)}::bigint[], ${column((row) => row.rule)}::text[])`.execute(db);
};

/** What deployments, tenants and the operator bear directly, tax and account-level lines aside: the weights of rule `cost`. */
export const directCosts = async (
  db: Transaction<Database>,
  invoiceUuid: string,
): Promise<
  {
    target: 'deployment' | 'tenant' | 'operator';
    tenant_id: string | null;
    deployment_id: string | null;
    amount_minor: string;
  }[]
> => {
  const { rows } = await sql<Awaited<ReturnType<typeof directCosts>>[number]>`
    SELECT target, tenant_id, deployment_id, sum(amount_minor) AS amount_minor FROM cloud_cost_allocations
    WHERE invoice_uuid = ${invoiceUuid} AND target <> 'unallocated' AND rule IS NULL
    GROUP BY target, tenant_id, deployment_id ORDER BY target, tenant_id, deployment_id`.execute(db);
  return rows;
};
