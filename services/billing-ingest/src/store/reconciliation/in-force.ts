import { type RawBuilder, sql } from 'kysely';

/**
 * The sizes of a resource within a span, as rows of `units`, `size_slug` and `seconds`: one for each state in which it existed.
 * As for ownership, a resource that was present in its first known state existed before, from its creation time on.
 */
export const sizesInForce = (
  resourceId: RawBuilder<unknown>,
  span: { from: RawBuilder<unknown>; until: RawBuilder<unknown> },
) => sql`
  SELECT units, size_slug, extract(epoch FROM least(until_at, ${span.until}) - greatest(from_at, ${span.from})) AS seconds
  FROM (
    SELECT coalesce(nullif(units, 0), 1) AS units, size_slug, is_present, coalesce(lead(effective_at) OVER in_order, 'infinity') AS until_at,
      CASE WHEN row_number() OVER in_order = 1 THEN least(coalesce(created_at, '-infinity'), effective_at) ELSE effective_at END AS from_at
    FROM resource_states WHERE resource_id = ${resourceId} WINDOW in_order AS (ORDER BY effective_at)
  ) AS states
  WHERE is_present AND from_at < ${span.until} AND until_at > ${span.from}`;
