import { upsertNewest } from '@arcadia/platform';
import { sql, type Transaction } from 'kysely';
import { keyOfName, keyOfProviderId } from '../cost-lines/cost-lines.ts';
import type { Tables } from '../schema.ts';

export type StoredState = Tables['resource_states'];

type StateKey = Pick<StoredState, 'resource_id' | 'effective_at'>;

/**
 * Stores observed states; of two with the same `effective_at` the higher revision stays, in whatever order they come.
 * @returns the keys of the states that are new or changed
 */
export async function upsertStates(db: Transaction<Tables>, states: readonly StoredState[]): Promise<StateKey[]> {
  return upsertNewest(
    db,
    { name: 'resource_states', key: ['resource_id', 'effective_at'], newest: ['revision'] },
    states,
  );
}

/**
 * Finds the invoices with lines that may now match another resource or belong to another owner: lines matched to a changed
 * resource that end after the change, and unmatched lines with its provider id or name.
 */
export async function invoicesTouchedBy(db: Transaction<Tables>, changed: readonly StateKey[]): Promise<string[]> {
  if (changed.length === 0) return [];
  const { rows } = await sql<{ invoice_uuid: string }>`
    WITH changed AS (
      SELECT resource_id, effective_at, provider_id, name_key
      FROM unnest(${changed.map((each) => each.resource_id)}::uuid[], ${changed.map((each) => each.effective_at)}::timestamptz[])
        AS t(resource_id, effective_at)
      JOIN resource_states USING (resource_id, effective_at)
    )
    SELECT i.invoice_uuid FROM changed c JOIN cloud_cost_lines l USING (resource_id) JOIN cloud_invoices i USING (reading_id)
    WHERE coalesce(l.end_at, (i.period || '-01')::timestamptz + interval '1 month') > c.effective_at
    UNION
    SELECT i.invoice_uuid FROM cloud_cost_lines_to_match m JOIN cloud_invoices i USING (reading_id)
    WHERE m.key IN (SELECT ${keyOfProviderId(sql`provider_id`)} FROM changed UNION SELECT ${keyOfName(sql`name_key`)} FROM changed)
    ORDER BY invoice_uuid`.execute(db);
  return rows.map(({ invoice_uuid }) => invoice_uuid);
}
