import { type Kysely, sql } from 'kysely';
import type { State } from '../domain/resource.ts';
import type { Owner } from '../domain/timeline.ts';
import type { Database } from './schema.ts';

export type Entry = {
  resourceId: string;
  entry: number;
  type: string;
  revision: number | null;
  effectiveAt: Temporal.Instant;
  observedAt: Temporal.Instant;
  state: State | null;
  owner: Owner | null;
  auto: Owner | null;
  details: Record<string, unknown> | null;
  actor: string | null;
};

/** Adds to the resources' logs, in one statement. */
export async function appendEntries(db: Kysely<Database>, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  const column = <T>(pick: (entry: Entry) => T) => entries.map(pick);
  const jsonColumn = (pick: (entry: Entry) => unknown) =>
    entries.map((entry) => {
      const value = pick(entry);
      return value === null ? null : JSON.stringify(value);
    });
  await sql`
    INSERT INTO cloud_resource_events
      (resource_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor)
    SELECT * FROM unnest(
      ${column((e) => e.resourceId)}::uuid[], ${column((e) => e.entry)}::int[], ${column((e) => e.type)}::text[],
      ${column((e) => e.revision)}::int[], ${column((e) => e.effectiveAt.toString())}::timestamptz[],
      ${column((e) => e.observedAt.toString())}::timestamptz[], ${jsonColumn((e) => e.state)}::jsonb[],
      ${jsonColumn((e) => e.owner)}::jsonb[], ${jsonColumn((e) => e.auto)}::jsonb[],
      ${jsonColumn((e) => e.details)}::jsonb[], ${column((e) => e.actor)}::text[])`.execute(db);
}
