import { daysOf, type Period, periodInterval } from '@arcadia/contracts';
import { failedRuns } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { ClosingFacts, InventoryState } from '../../domain/periods/closing.ts';
import { completedDays } from '../days/metered-days.ts';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;

export async function closingFacts(db: Session, period: Period): Promise<Omit<ClosingFacts, keyof InventoryState>> {
  const days = daysOf(period);
  const [first, last] = [days[0] ?? '', days.at(-1) ?? ''];
  return {
    period,
    completedDays: await completedDays(db, first, last),
    failedDays: await failedRuns(db, 'meter-day', days),
    pendingDays: await pendingDaysOf(db, first, last),
    kinds: await sweptKinds(db, last),
    parked: await parkedMessages(db, period),
  };
}

export async function pendingDaysOf(db: Session, first: string, last: string): Promise<string[]> {
  const rows = await db
    .selectFrom('pending_days')
    .select('day')
    .distinct()
    .where('day', '>=', first)
    .where('day', '<=', last)
    .orderBy('day')
    .execute();
  return rows.map(({ day }) => day);
}

/** The last complete sweep of each kind, of the provider swept least recently. Kinds that were never observed are left out. */
async function sweptKinds(db: Session, day: string): Promise<ClosingFacts['kinds']> {
  const result = await sql<{ kind: string; resource_kind: string; swept_at: string | null; sweep_seq: string | null }>`
    WITH config AS (
      SELECT DISTINCT ON (kind) kind, resource_kind, is_enabled FROM metering_config WHERE effective_from <= ${day}::date
      ORDER BY kind, revision DESC
    )
    SELECT c.kind, c.resource_kind, s.swept_at, s.sweep_seq
    FROM config c CROSS JOIN LATERAL (
      SELECT min(w.started_at) AS swept_at, max(w.stream_seq) AS sweep_seq FROM sweeps w WHERE w.kind = c.resource_kind
    ) AS s
    WHERE c.is_enabled AND c.resource_kind IS NOT NULL AND (
      s.swept_at IS NOT NULL OR EXISTS (SELECT FROM states t WHERE t.billing_kind = c.kind))
    ORDER BY c.kind`.execute(db);
  return result.rows.map(({ kind, resource_kind, swept_at, sweep_seq }) => ({
    kind,
    resourceKind: resource_kind,
    sweptAt: swept_at === null ? null : Temporal.Instant.from(swept_at),
    sweepSeq: Number(sweep_seq ?? 0),
  }));
}

/**
 * The number of parked observations that take effect before the period's end and have not been stored since. A parked message
 * that cannot be read counts, because its time is unknown.
 */
async function parkedMessages(db: Session, period: Period): Promise<number> {
  const { end } = periodInterval(period);
  const result = await sql<{ count: string }>`
    WITH parked AS (
      SELECT payload -> 'origin' ->> 'payload' AS payload, payload -> 'origin' -> 'headers' ->> 'ce-id' AS event_id
      FROM events WHERE type = 'message.parked' AND subject = 'dead.metering.inventory'
    ),
    effective AS (
      SELECT event_id, CASE WHEN payload IS JSON OBJECT THEN payload::json ->> 'effective_at' END AS effective_at FROM parked
    )
    SELECT count(DISTINCT coalesce(event_id, '')) AS count FROM effective
    WHERE (effective_at IS NULL OR effective_at !~ '^\d{4}-\d\d-\d\dT' OR effective_at < ${end.toString()})
      AND NOT EXISTS (SELECT FROM observations o WHERE o.event_id::text = effective.event_id)`.execute(db);
  return Number(result.rows[0]?.count ?? 0);
}
