import { steady } from '@arcadia/platform';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { markedAgain } from '../days/metered-days.ts';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;

/** True when an observation is not reflected in the states yet. The highest number is read from the index's end. */
export async function hasUnderived(db: Session): Promise<boolean> {
  const found = await sql<{ has: boolean | null }>`${steady}
    SELECT (SELECT max(seq) FROM observations) > (SELECT through_seq FROM derivation) AS has`.execute(db);
  return found.rows[0]?.has ?? false;
}

/**
 * Derives the states from the observations. Of two observations with the same effective_at the higher revision counts, and a
 * state holds until the next effective_at: the result depends on the set alone, never on the order of arrival. Only the time
 * from a resource's first new observation on is derived again. The caller holds the intake lock. Metered days whose usage may
 * differ now are recorded in `pending_days`.
 */
export async function deriveStates(db: Session): Promise<void> {
  const known = await sql<{ from: string; to: string | null }>`
    SELECT (SELECT through_seq FROM derivation) AS from, (SELECT max(seq) FROM observations) AS to`.execute(db);
  const { from, to } = known.rows[0] ?? { from: '0', to: null };
  if (to === null || BigInt(to) <= BigInt(from)) return;
  const fresh = sql`SELECT resource_id, min(effective_at) AS since FROM observations WHERE seq > ${from}::bigint GROUP BY resource_id`;

  await markTouchedDays(db, from);
  await sql`DELETE FROM states s USING (${fresh}) f WHERE s.resource_id = f.resource_id AND s.starts_at >= f.since`.execute(
    db,
  );
  await sql`UPDATE states s SET ends_at = f.since FROM (${fresh}) f
    WHERE s.resource_id = f.resource_id AND s.starts_at < f.since AND s.ends_at > f.since`.execute(db);
  await sql`
    INSERT INTO states (${stateColumns})
    ${statesOf(sql`SELECT o.* FROM observations o JOIN (${fresh}) f ON f.resource_id = o.resource_id AND o.effective_at >= f.since`)}`.execute(
    db,
  );
  await sql`UPDATE derivation SET through_seq = ${to}::bigint`.execute(db);
}

/** The columns of `statesOf`, in its order. */
export const stateColumns = sql.raw(
  'resource_id, starts_at, ends_at, billing_kind, units, dimension, tenant_id, deployment_id, revision',
);

/**
 * Of observations with the same effective_at the highest revision counts, until the next effective_at of the resource: a state
 * for each of its measures.
 */
export const statesOf = (observations: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  SELECT c.resource_id, c.effective_at, c.until, m.billing_kind, m.units, m.dimension, c.tenant_id, c.deployment_id, c.revision
  FROM (
    SELECT *, lead(effective_at, 1, 'infinity') OVER (PARTITION BY resource_id ORDER BY effective_at) AS until
    FROM (
      SELECT DISTINCT ON (o.resource_id, o.effective_at) o.* FROM (${observations}) AS o
      ORDER BY o.resource_id, o.effective_at, o.revision DESC
    ) AS counting
  ) AS c CROSS JOIN LATERAL unnest(c.billing_kinds, c.units, c.dimensions) AS m (billing_kind, units, dimension)
  ORDER BY c.resource_id, c.effective_at`;

/**
 * An observation changes the time from its effective_at to the next one's. Every deployment that owned the resource in a
 * metered part of that time, owns it now or reports its size must be metered again on that day, unless none of its billing kinds
 * was metered by then. Runs before the states change.
 */
async function markTouchedDays(db: Session, from: string): Promise<void> {
  await sql`
    WITH late AS (
      SELECT n.resource_id, n.deployment_id, n.billing_kinds, n.units, n.effective_at,
        coalesce((SELECT min(o.effective_at) FROM observations o
          WHERE o.resource_id = n.resource_id AND o.effective_at > n.effective_at), 'infinity') AS until
      FROM observations n
      WHERE n.seq > ${from}::bigint AND n.effective_at < (SELECT max(metered_until) FROM metered_days)
    ),
    metered AS (
      SELECT kind, min(effective_from)::timestamp AT TIME ZONE 'UTC' AS since FROM metering_config GROUP BY kind
    ),
    touched AS (
      SELECT l.deployment_id, greatest(l.effective_at, m.since) AS starts_at, l.until AS ends_at
      FROM late l CROSS JOIN LATERAL unnest(l.billing_kinds, l.units) AS u (kind, units) JOIN metered m ON m.kind = u.kind
      WHERE l.deployment_id IS NOT NULL AND u.units > 0
      UNION
      SELECT s.deployment_id, greatest(s.starts_at, l.effective_at, m.since), least(s.ends_at, l.until)
      FROM late l JOIN states s ON s.resource_id = l.resource_id AND s.starts_at < l.until AND s.ends_at > l.effective_at
      JOIN metered m ON m.kind = s.billing_kind
      WHERE s.deployment_id IS NOT NULL AND s.units > 0
      UNION
      SELECT q.deployment_id, l.effective_at, l.until FROM late l JOIN reading_subjects q ON q.resource_id = l.resource_id
    )
    INSERT INTO pending_days (day, deployment_id)
    SELECT DISTINCT d.day, t.deployment_id
    FROM touched t JOIN metered_days d ON t.starts_at < d.metered_until AND t.ends_at > d.starts_at
    ORDER BY 1, 2
    ${markedAgain}`.execute(db);
}
