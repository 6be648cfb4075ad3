import { sql, type Transaction } from 'kysely';
import { keyOfName, keyOfProviderId } from './cost-lines.ts';
import type { Database } from './schema.ts';

export type StoredState = Database['resource_states'];

/**
 * Keeps states as they were observed; of two with one `effective_at` the higher revision stays, whichever came first.
 * Returns the ones that changed anything.
 */
export const keepStates = async (
  db: Transaction<Database>,
  states: readonly StoredState[],
): Promise<Pick<StoredState, 'resource_id' | 'provider_id' | 'name_key' | 'effective_at'>[]> => {
  const newest = new Map<string, StoredState>();
  for (const state of states) {
    const key = `${state.resource_id} ${state.effective_at}`;
    if ((newest.get(key)?.revision ?? 0) < state.revision) newest.set(key, state);
  }
  const rows = [...newest.values()].toSorted((a, b) =>
    a.resource_id < b.resource_id ? -1 : a.resource_id > b.resource_id ? 1 : 0,
  );
  const { rows: kept } = await sql<Pick<StoredState, 'resource_id' | 'provider_id' | 'name_key' | 'effective_at'>>`
    INSERT INTO resource_states
    SELECT * FROM json_populate_recordset(NULL::resource_states, ${JSON.stringify(rows)}::json)
    ON CONFLICT (resource_id, effective_at) DO UPDATE SET
      revision = excluded.revision, provider = excluded.provider, kind = excluded.kind, provider_id = excluded.provider_id,
      name = excluded.name, name_key = excluded.name_key, is_present = excluded.is_present, created_at = excluded.created_at,
      observed_at = excluded.observed_at, tenant_id = excluded.tenant_id, deployment_id = excluded.deployment_id,
      project_id = excluded.project_id, source_id = excluded.source_id, size_slug = excluded.size_slug, units = excluded.units
    WHERE resource_states.revision < excluded.revision
    RETURNING resource_id, provider_id, name_key, effective_at`.execute(db);
  return kept;
};

/**
 * Invoices whose lines may now match otherwise, or belong to somebody else: lines of a changed resource that end after the
 * change, and unmatched lines that name it.
 */
export const invoicesTouchedBy = async (
  db: Transaction<Database>,
  changed: readonly { resource_id: string; provider_id: string; name_key: string; effective_at: string }[],
): Promise<string[]> => {
  if (changed.length === 0) return [];
  const keys = [...new Set(changed.flatMap((each) => [keyOfProviderId(each.provider_id), keyOfName(each.name_key)]))];
  const column = (pick: (each: (typeof changed)[number]) => string) => changed.map(pick);
  const { rows } = await sql<{ invoice_uuid: string }>`
    WITH changed AS (
      SELECT * FROM unnest(${column((each) => each.resource_id)}::uuid[], ${column((each) => each.effective_at)}::timestamptz[])
        AS t(resource_id, effective_at)
    )
    SELECT i.invoice_uuid FROM changed c JOIN cloud_cost_lines l USING (resource_id) JOIN cloud_invoices i USING (reading_id)
    WHERE coalesce(l.end_at, (i.period || '-01')::timestamptz + interval '1 month') > c.effective_at
    UNION
    SELECT i.invoice_uuid FROM cloud_cost_lines_to_match JOIN cloud_invoices i USING (reading_id) WHERE key = ANY(${keys})
    ORDER BY invoice_uuid`.execute(db);
  return rows.map(({ invoice_uuid }) => invoice_uuid);
};
