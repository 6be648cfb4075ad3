import { eventId, inventorySync } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import type { Tables } from '../schema.ts';

export type EventView = z.output<typeof inventorySync.resourceEvent>;

type Row = {
  entry: number;
  type: string;
  revision: number | null;
  effective_at: string;
  observed_at: string;
  recorded_at: string;
  details: (Record<string, never> & { changes?: EventView['changes'] }) | null;
  actor: string | null;
};

/**
 * The log of a resource, newest entry first, one more than `limit`. A tenant sees only the entries of the time in which it owned
 * the resource, and not the former owner; `tenant` null is an operator, who sees all.
 */
export async function selectEvents(
  db: Kysely<Tables>,
  {
    resourceId,
    tenant,
    before,
    limit,
  }: { resourceId: string; tenant: string | null; before: number | null; limit: number },
): Promise<EventView[]> {
  const rows = await sql<Row>`
    SELECT entry, type, revision, effective_at, observed_at, recorded_at, details, actor FROM cloud_resource_events
    WHERE resource_id = ${resourceId} AND ${before === null ? sql`true` : sql`entry < ${before}`}
      AND (${tenant}::text IS NULL OR owner ->> 'tenant_id' = ${tenant})
    ORDER BY entry DESC LIMIT ${limit + 1}`.execute(db);
  return rows.rows.map(({ details, type, revision, ...row }) => {
    const { changes = {}, ...rest } = details ?? {};
    const contract = inventorySync.resourceObserved;
    return {
      ...row,
      type: type as EventView['type'],
      revision,
      event_id: revision === null ? null : eventId(contract.type, `${resourceId}:${revision}`),
      changes: tenant === null ? changes : withoutFormerOwner(changes),
      details: Object.keys(rest).length === 0 ? null : rest,
    };
  });
}

const withoutFormerOwner = (changes: EventView['changes']): EventView['changes'] =>
  changes['owner.tenant_id'] === undefined
    ? changes
    : Object.fromEntries(
        Object.entries(changes).map(([name, change]) => [
          name,
          name.startsWith('owner.') ? { ...change, before: null } : change,
        ]),
      );
