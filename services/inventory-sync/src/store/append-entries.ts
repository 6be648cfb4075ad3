import { token } from '@arcadia/contracts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { provider, type State } from '../domain/resource.ts';
import type { Owner } from '../domain/timeline.ts';
import type { Database } from './schema.ts';

export type Entry = {
  resourceId: string;
  entry: number;
  type: string;
  revision: number;
  effectiveAt: Temporal.Instant;
  observedAt: Temporal.Instant;
  state: State;
  owner: Owner;
  /** What the rules alone would say. */
  auto: Owner;
  details: Record<string, unknown> | null;
  actor: string | null;
};

/** Adds to the resources' logs, in one statement. As one JSON text, because arrays of JSON would have to be escaped piece by piece. */
export async function appendEntries(db: Kysely<Database>, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => ({
    resource_id: entry.resourceId,
    entry: entry.entry,
    type: entry.type,
    revision: entry.revision,
    effective_at: entry.effectiveAt.toString(),
    observed_at: entry.observedAt.toString(),
    state: entry.state,
    owner: entry.owner,
    // Almost always the same, and then not kept.
    auto_owner: entry.auto === entry.owner ? null : entry.auto,
    details: entry.details,
    actor: entry.actor,
  }));
  await sql`
    INSERT INTO cloud_resource_events
      (resource_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor)
    SELECT resource_id, entry, type, revision, effective_at, observed_at, state, owner, auto_owner, details, actor
    FROM json_to_recordset(${JSON.stringify(rows)}::json) AS t(resource_id uuid, entry int, type text, revision int,
      effective_at timestamptz, observed_at timestamptz, state json, owner json, auto_owner json, details json, actor text)`.execute(
    db,
  );
}

/** An instant as it is written on the wire: UTC, without needless digits. */
const onWire = (column: string) =>
  sql`rtrim(rtrim(to_char(${sql.ref(column)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'`;

/**
 * Entries of the log as messages of `resource.observed`, in the order given: key, subject and data of each. What is said is made of
 * the log's own rows, so the two cannot differ, and nothing is sent to the database twice.
 */
export const entriesAsMessages = (entries: readonly Entry[]): RawBuilder<unknown> => sql`
  SELECT e.resource_id || ':' || e.revision AS key,
    -- A kind has letters, digits and _ only: its token needs no function.
    ${`resource.observed.${token(provider)}.`} || replace(r.kind, '_', '_5f') || '.' || e.resource_id AS subject,
    -- Two objects made one by their text: the state is never empty.
    left(e.state::text, -1) || ',' || substr(json_build_object(
      'resource_id', e.resource_id, 'provider', r.provider, 'kind', r.kind, 'provider_id', r.provider_id,
      'revision', e.revision, 'effective_at', ${onWire('e.effective_at')}, 'observed_at', ${onWire('e.observed_at')},
      'owner', e.owner, 'cause', e.type
    )::text, 2) AS data
  FROM unnest(${entries.map((entry) => entry.resourceId)}::uuid[], ${entries.map((entry) => entry.entry)}::int[])
    WITH ORDINALITY AS asked(resource_id, entry, position)
  JOIN cloud_resource_events AS e USING (resource_id, entry)
  JOIN cloud_resources AS r USING (resource_id)
  ORDER BY position`;
