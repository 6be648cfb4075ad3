import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Share } from '../../domain/allocation/allocate-line.ts';
import type { Totals } from '../../domain/cost-lines/cost-line.ts';
import type { Match } from '../../domain/cost-lines/match-line.ts';
import type { AddedLine } from '../../domain/invoices/explain-difference.ts';
import type { Tables } from '../schema.ts';

/** The columns of a stored line that matching needs. */
export type LineToMatch = Pick<
  Tables['cloud_cost_lines'],
  | 'line_no'
  | 'kind'
  | 'product'
  | 'description'
  | 'group_description'
  | 'project_name'
  | 'start_at'
  | 'end_at'
  | 'provider_ids'
> & { amount_cents: number };

/** Returns a new number for one reading of an invoice, under which its lines are stored. */
export async function newReading(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ reading_id: string }>`SELECT nextval('reading_numbers') AS reading_id`.execute(db);
  return rows[0]?.reading_id ?? '';
}

/** Deletes the lines of a reading with their allocations, unless the reading is the current one of an invoice. */
export async function deleteReading(db: Kysely<Tables>, readingId: string | null): Promise<void> {
  const isOpen = sql`NOT EXISTS (SELECT 1 FROM cloud_invoices WHERE reading_id = ${readingId})`;
  await sql`DELETE FROM cloud_cost_allocations WHERE reading_id = ${readingId} AND ${isOpen}`.execute(db);
  await sql`DELETE FROM cloud_cost_lines_to_match WHERE reading_id = ${readingId} AND ${isOpen}`.execute(db);
  await sql`DELETE FROM cloud_cost_lines WHERE reading_id = ${readingId} AND ${isOpen}`.execute(db);
}

/**
 * Has Postgres count the stored lines and their allocations, unless a vacuum does so now. Until autovacuum does, it plans for the few lines
 * that it knew before, and compares each line of a new bill with every other line.
 */
export async function analyzeLines(db: Kysely<Tables>): Promise<void> {
  await sql`ANALYZE (SKIP_LOCKED) cloud_cost_lines, cloud_cost_allocations`.execute(db);
}

/** Throws unless all lines of a reading are stored: another process may have deleted them as abandoned. */
export async function checkReading(db: Transaction<Tables>, readingId: string, totals: Totals): Promise<void> {
  const { rows } = await sql<{ lines: number; minor: string }>`
    SELECT count(*)::int AS lines, coalesce(sum(amount_minor), 0) AS minor FROM cloud_cost_lines
    WHERE reading_id = ${readingId}`.execute(db);
  const isWhole = rows[0]?.lines === totals.lines && Number(rows[0].minor) === totals.net_minor + totals.tax_minor;
  if (!isWhole)
    throw new Error(
      `reading ${readingId} has ${rows[0]?.lines} of ${totals.lines} lines, or another total; it is read again`,
    );
}

/** Yields the lines of a reading in their order, in batches. */
export async function* linesToMatch(
  db: Transaction<Tables>,
  readingId: string,
  batch = 2000,
): AsyncGenerator<LineToMatch[]> {
  for (let after = 0; ; ) {
    const { rows } = await sql<Omit<LineToMatch, 'amount_cents'> & { amount_minor: string }>`
      SELECT line_no, kind, product, description, group_description, project_name, start_at, end_at, provider_ids, amount_minor
      FROM cloud_cost_lines
      WHERE reading_id = ${readingId} AND line_no > ${after} ORDER BY line_no LIMIT ${batch}`.execute(db);
    if (rows.length > 0) yield rows.map(({ amount_minor, ...row }) => ({ ...row, amount_cents: Number(amount_minor) }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < batch) return;
    after = last.line_no;
  }
}

/** Adds lines to a reading that the provider's file does not have, numbered after `afterLine`. */
export async function insertAddedLines(
  db: Transaction<Tables>,
  reading: { readingId: string; afterLine: number },
  lines: readonly (AddedLine & { amount: string })[],
): Promise<void> {
  if (lines.length === 0) return;
  const column = <T>(pick: (line: (typeof lines)[number]) => T): T[] => lines.map(pick);
  await sql`
    INSERT INTO cloud_cost_lines (reading_id, line_no, product, kind, description, group_description, project_name, amount, amount_minor, is_tax)
    SELECT ${reading.readingId}::bigint, ${reading.afterLine}::int + nth, product, kind, description, '', '', amount, minor, kind = 'tax'
    FROM unnest(${column(({ product }) => product)}::text[], ${column(({ kind }) => kind)}::text[],
      ${column(({ description }) => description)}::text[], ${column(({ amount }) => amount)}::numeric[],
      ${column(({ amount_minor }) => amount_minor)}::bigint[]) WITH ORDINALITY AS t(product, kind, description, amount, minor, nth)`.execute(
    db,
  );
}

type LineToShare = Pick<LineToMatch, 'line_no' | 'kind' | 'product' | 'amount_cents'>;

/** Yields the lines of a reading that have no shares yet, in batches. The caller may insert their shares while reading. */
export async function* linesWithoutShares(db: Transaction<Tables>, readingId: string): AsyncGenerator<LineToShare[]> {
  for (let after = 0; ; ) {
    const { rows } = await sql<Omit<LineToShare, 'amount_cents'> & { amount_minor: string }>`
      SELECT line_no, kind, product, amount_minor FROM cloud_cost_lines l
      WHERE reading_id = ${readingId} AND line_no > ${after} AND NOT EXISTS (
        SELECT 1 FROM cloud_cost_allocations a WHERE a.reading_id = l.reading_id AND a.line_no = l.line_no)
      ORDER BY line_no LIMIT 1000`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ amount_minor, ...row }) => ({ ...row, amount_cents: Number(amount_minor) }));
    after = last.line_no;
  }
}

/** Stores the matches of lines. Rows with an unchanged match are not written. */
export async function storeMatches(
  db: Transaction<Tables>,
  readingId: string,
  matches: readonly { line_no: number; match: Match }[],
): Promise<void> {
  await sql`
    UPDATE cloud_cost_lines l SET resource_id = m.resource_id, matched_by = m.matched_by, unmatched_reason = m.unmatched_reason
    FROM unnest(${matches.map(({ line_no }) => line_no)}::int[], ${matches.map(({ match }) => match.resource_id)}::uuid[],
      ${matches.map(({ match }) => match.matched_by)}::text[], ${matches.map(({ match }) => match.unmatched_reason)}::text[])
      AS m(line_no, resource_id, matched_by, unmatched_reason)
    WHERE l.reading_id = ${readingId} AND l.line_no = m.line_no
      AND (l.resource_id, l.matched_by, l.unmatched_reason) IS DISTINCT FROM (m.resource_id, m.matched_by, m.unmatched_reason)`.execute(
    db,
  );
}

/**
 * Keys of `cloud_cost_lines_to_match`: a provider id or name by which a line could not be matched, because inventory-sync
 * may observe such a resource later; and the project that such a line names, because it may get another owner.
 */
export const keyOfProviderId = (id: RawBuilder<unknown>): RawBuilder<string> => sql`'id:' || ${id}`;
export const keyOfProject = (nameKey: RawBuilder<unknown>): RawBuilder<string> => sql`'project:' || ${nameKey}`;
export const keyOfName = (nameKey: RawBuilder<unknown>): RawBuilder<string> => sql`'name:' || ${nameKey}`;

export async function insertKeysToMatch(
  db: Transaction<Tables>,
  readingId: string,
  unmatched: { providerIds: readonly string[]; nameKeys: readonly string[]; projectKeys: readonly string[] },
): Promise<void> {
  const { providerIds, nameKeys, projectKeys } = unmatched;
  if (providerIds.length + nameKeys.length + projectKeys.length === 0) return;
  await sql`
    INSERT INTO cloud_cost_lines_to_match (key, reading_id)
    SELECT key, ${readingId} FROM (
      SELECT ${keyOfProviderId(sql`id`)} AS key FROM unnest(${[...providerIds]}::text[]) AS id
      UNION SELECT ${keyOfName(sql`name`)} FROM unnest(${[...nameKeys]}::text[]) AS name
      UNION SELECT ${keyOfProject(sql`project`)} FROM unnest(${[...projectKeys]}::text[]) AS project
    ) AS keys
    ON CONFLICT DO NOTHING`.execute(db);
}

/** Deletes the allocations and open keys of a reading before it is matched again. */
export async function deleteOutcome(db: Transaction<Tables>, readingId: string): Promise<void> {
  await sql`DELETE FROM cloud_cost_allocations WHERE reading_id = ${readingId}`.execute(db);
  await sql`DELETE FROM cloud_cost_lines_to_match WHERE reading_id = ${readingId}`.execute(db);
}

export async function insertShares(
  db: Transaction<Tables>,
  readingId: string,
  lines: readonly { line_no: number; shares: readonly Share[] }[],
): Promise<void> {
  const rows = lines.flatMap(({ line_no, shares }) =>
    shares.map((share, index) => ({ ...share, line_no, share_no: index + 1 })),
  );
  if (rows.length === 0) return;
  const column = <T>(pick: (row: (typeof rows)[number]) => T): T[] => rows.map(pick);
  await sql`
    INSERT INTO cloud_cost_allocations (reading_id, line_no, share_no, target, tenant_id, deployment_id, amount_minor, rule, milliseconds, owned_from, owned_until)
    SELECT ${readingId}::bigint, * FROM unnest(${column((row) => row.line_no)}::int[], ${column((row) => row.share_no)}::int[],
      ${column((row) => row.target)}::text[], ${column((row) => row.tenant_id)}::text[], ${column((row) => row.deployment_id)}::uuid[],
      ${column((row) => row.amount_cents)}::bigint[], ${column((row) => row.rule)}::text[],
      ${column((row) => row.milliseconds)}::bigint[], ${column((row) => row.owned?.start.toString() ?? null)}::timestamptz[],
      ${column((row) => row.owned?.end.toString() ?? null)}::timestamptz[])`.execute(db);
}

/** Begins the `rule` of a share that the owner of the line's project bears, followed by the name of the project. */
export const byProject = 'project:';

type DirectCost = {
  target: 'deployment' | 'tenant' | 'operator';
  tenant_id: string | null;
  deployment_id: string | null;
  amount_minor: string;
};

/** The amounts that deployments, tenants and the operator bear as owners, not by a rule: the weights of rule `cost`. */
export async function directCosts(db: Transaction<Tables>, readingId: string): Promise<DirectCost[]> {
  const { rows } = await sql<DirectCost>`
    SELECT target, tenant_id, deployment_id, sum(amount_minor) AS amount_minor FROM cloud_cost_allocations
    WHERE reading_id = ${readingId} AND target <> 'unallocated' AND (rule IS NULL OR starts_with(rule, ${byProject}))
    GROUP BY target, tenant_id, deployment_id ORDER BY target, tenant_id, deployment_id`.execute(db);
  return rows;
}
