import { type Kysely, sql } from 'kysely';
import type { ListedPage } from '../../domain/syncs/listed-page.ts';
import { columnsOf, rowsOf } from '../given-rows.ts';
import type { Tables } from '../schema.ts';

/** The pages of a kind that a process has handled since an instant, by place. */
export async function readPages(
  db: Kysely<Tables>,
  { reader, kind, since }: { reader: string; kind: string; since: Temporal.Instant },
): Promise<ReadonlyMap<string, ListedPage>> {
  const found = await sql<ListedPage>`
    SELECT place, fingerprint, next, total, identities FROM listed_pages
    WHERE reader = ${reader}::uuid AND kind = ${kind} AND handled_at > ${since.toString()}`.execute(db);
  return new Map(found.rows.map((mark) => [mark.place, mark]));
}

/** Keeps pages, each with the resources that it shows and the hash of the state of each. */
export async function keepPages(
  db: Kysely<Tables>,
  given: {
    reader: string;
    kind: string;
    handledAt: Temporal.Instant;
    pages: readonly (ListedPage & { shown: readonly { id: string; hash: string }[] })[];
  },
): Promise<void> {
  // In the order of their places, so that two sweeps of one kind do not wait for each other.
  const pages = given.pages.toSorted((a, b) => (a.place < b.place ? -1 : 1));
  const of = columnsOf(pages);
  const kept = rowsOf([
    of('place', 'text', ({ place }) => place),
    of('fingerprint', 'text', ({ fingerprint }) => fingerprint),
    of('next', 'text', ({ next }) => next),
    of('total', 'integer', ({ total }) => total),
    of('identities', 'text[]', ({ identities }) => `{${identities.map(quoted).join(',')}}`),
    of('resource_ids', 'uuid[]', ({ shown }) => `{${shown.map(({ id }) => id).join(',')}}`),
    of('state_hashes', 'text[]', ({ shown }) => `{${shown.map(({ hash }) => hash).join(',')}}`),
  ]);
  await sql`
    INSERT INTO listed_pages (reader, kind, place, fingerprint, next, total, identities, resource_ids, state_hashes, handled_at)
    SELECT ${given.reader}::uuid, ${given.kind}, p.place, p.fingerprint, p.next, p.total, p.identities, p.resource_ids,
      p.state_hashes, ${given.handledAt.toString()}::timestamptz
    FROM (${kept}) AS p
    ON CONFLICT (reader, kind, place) DO UPDATE SET fingerprint = excluded.fingerprint, next = excluded.next,
      total = excluded.total, identities = excluded.identities, resource_ids = excluded.resource_ids,
      state_hashes = excluded.state_hashes, handled_at = excluded.handled_at`.execute(db);
}

/** An item of an array as Postgres reads it. */
const quoted = (item: string): string => `"${item.replaceAll(/["\\]/g, '\\$&')}"`;

type GivenPages = { reader: string; kind: string; marks: readonly ListedPage[] };

const pagesAmong = ({ reader, kind, marks }: GivenPages) => sql`
  SELECT p.place, p.resource_ids, p.state_hashes FROM listed_pages AS p
  JOIN unnest(${marks.map(({ place }) => place)}::text[], ${marks.map(({ fingerprint }) => fingerprint)}::text[])
    AS given(place, fingerprint) USING (place, fingerprint)
  WHERE p.reader = ${reader}::uuid AND p.kind = ${kind}`;

/** The places of the recognised pages of which every resource is present in the state that the page shows. */
export async function unchangedPages(db: Kysely<Tables>, given: GivenPages): Promise<Set<string>> {
  const unchanged = await sql<{ place: string }>`
    SELECT p.place FROM (${pagesAmong(given)}) AS p
    WHERE NOT EXISTS (
      SELECT 1 FROM unnest(p.resource_ids, p.state_hashes) AS s(resource_id, state_hash)
      LEFT JOIN cloud_resources AS r USING (resource_id)
      WHERE r.state_hash IS DISTINCT FROM s.state_hash OR r.deleted_at IS NOT NULL
    )`.execute(db);
  return new Set(unchanged.rows.map(({ place }) => place));
}

/**
 * Moves the `last_seen_at` of all resources of recognised pages and removes their strikes. Returns the places of the pages of which
 * every resource is present in the state that the page shows.
 */
export async function touchPages(
  db: Kysely<Tables>,
  given: GivenPages,
  seen: { sweep: string; seenAt: Temporal.Instant },
): Promise<Set<string>> {
  const at = seen.seenAt.toString();
  const unchanged = await sql<{ place: string }>`
    WITH pages AS (${pagesAmong(given)}),
    touched AS (
      UPDATE cloud_resources AS r
      SET last_seen_at = greatest(r.last_seen_at, ${at}), observed_at = greatest(r.observed_at, ${at}),
        last_sweep = greatest(r.last_sweep, ${seen.sweep}::bigint), stale_strike_count = 0, first_missed_at = NULL,
        parked_missing_since = NULL
      FROM pages AS p, unnest(p.resource_ids, p.state_hashes) AS s(resource_id, state_hash)
      WHERE r.resource_id = s.resource_id AND r.state_hash = s.state_hash AND r.deleted_at IS NULL
      RETURNING p.place
    )
    SELECT p.place FROM pages AS p JOIN (SELECT place, count(*) AS count FROM touched GROUP BY place) AS t USING (place)
    WHERE t.count = cardinality(p.resource_ids)`.execute(db);
  return new Set(unchanged.rows.map(({ place }) => place));
}

export async function deletePagesBefore(db: Kysely<Tables>, before: Temporal.Instant): Promise<void> {
  await sql`DELETE FROM listed_pages WHERE handled_at < ${before.toString()}`.execute(db);
}
