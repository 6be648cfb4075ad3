import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { HealthFact } from '../kernel/definition.ts';
import type { Runtime } from '../runtime.ts';
import type { Relay } from './relay.ts';

const maxReadyBacklog = 50_000;
/** A message that waits longer to be published makes the service not ready. */
const maxReadySeconds = 60;
/** An election takes up to half a second, so a missing leader counts only when it is still missing after this time. */
const electionGraceMs = 700;

/** Whether the outbox drains: how many messages wait in it, since when, and whether any replica holds the relay's lock. */
export async function relayFact<DB, Config>(runtime: Runtime<DB, Config>, relay: Relay): Promise<HealthFact> {
  const { rows } = await sql<{ waiting: string; oldest: string | null }>`
    SELECT count(*) AS waiting, extract(epoch FROM clock_timestamp() - min(recorded_at))::int AS oldest
    FROM (SELECT recorded_at FROM outbox ORDER BY number LIMIT ${maxReadyBacklog + 1}) AS o`.execute(runtime.db);
  const waiting = Number(rows[0]?.waiting ?? 0);
  const oldestSeconds = Number(rows[0]?.oldest ?? 0);
  const hasLeader = (await isLed(runtime)) || (await delay(electionGraceMs), await isLed(runtime));
  runtime.metrics.gauge('arcadia_outbox_depth', {}, waiting);
  runtime.metrics.gauge('arcadia_outbox_oldest_seconds', {}, oldestSeconds);
  runtime.metrics.gauge('arcadia_relay_leaders', {}, hasLeader ? 1 : 0);
  const faults = [
    ...(hasLeader ? [] : ['no replica is elected to publish']),
    ...(waiting > maxReadyBacklog ? [`more than ${maxReadyBacklog} messages wait to be published`] : []),
    ...(oldestSeconds > maxReadySeconds ? [`nothing has been published for ${oldestSeconds} seconds`] : []),
  ];
  const failure = relay.failure();
  if (failure !== null && faults.length > 0) faults.push(`the last attempt failed: ${failure}`);
  return {
    ok: faults.length === 0,
    ...(faults.length === 0 ? {} : { detail: faults.join('; ') }),
    waiting,
    oldest_seconds: oldestSeconds,
    leader: relay.isLeader(),
    has_leader: hasLeader,
  };
}

/** True if a session of any replica holds the relay's advisory lock. */
async function isLed<DB, Config>({ db }: Runtime<DB, Config>): Promise<boolean> {
  const held = await sql`
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32 | objid::bigint) = hashtextextended('relay:' || current_schema(), 0)`.execute(db);
  return held.rows.length > 0;
}
