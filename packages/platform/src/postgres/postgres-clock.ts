import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../kernel/clock.ts';
import type { HealthFact } from '../kernel/definition.ts';
import type { Logger } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';

/** The time of Postgres, which all replicas of a service share, whatever the clocks of their machines show. */
export type PostgresClock = Clock & {
  /** How many milliseconds the clock of this machine is ahead of Postgres; negative when it is behind. */
  machineAheadMs(): number;
  stop(): Promise<void>;
};

const everyMs = 10_000;
/** Of several readings the one with the shortest round trip is the most exact. */
const readings = 3;
/** A machine's clock that differs by more, in milliseconds, is reported. */
const reportedMs = 1_000;
/** With a machine's clock that differs by more, in milliseconds, a replica is not ready: certificates are judged by it. */
const maxReadyMs = 60_000;

type Reading = { at: Temporal.Instant; readAtMs: number; uncertainMs: number };

/**
 * Reads the time of Postgres now and every 10 s; between two readings it advances with the machine's monotonic clock. So a
 * machine whose clock is wrong, or is set while the service runs, decides no timestamp, no schedule and no deadline wrongly.
 * A reading that differs by less than its own uncertainty changes nothing.
 */
export async function startPostgresClock<DB>(
  db: Kysely<DB>,
  { log, metrics }: { log: Logger; metrics: Metrics },
): Promise<PostgresClock> {
  const stopping = new AbortController();
  let anchor = await read(db);
  let machineAheadMs = 0;
  const now = () => timeAfter(anchor, performance.now());

  function compare(): void {
    const before = machineAheadMs;
    machineAheadMs = Date.now() - now().epochMilliseconds;
    metrics.gauge('arcadia_clock_ahead_seconds', {}, machineAheadMs / 1_000);
    const isWrong = Math.abs(machineAheadMs) > reportedMs;
    if (isWrong === Math.abs(before) > reportedMs) return;
    if (isWrong) log.error({ alarm: true, machineAheadMs }, `${describe(machineAheadMs)}; Postgres's time is used`);
    else log.info({ machineAheadMs }, 'the clock of this machine agrees with Postgres again');
  }

  async function repeat(): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        const fresh = await read(db);
        const differsMs = Math.abs(timeAfter(anchor, fresh.readAtMs).until(fresh.at).total('milliseconds'));
        if (differsMs > fresh.uncertainMs) anchor = fresh;
      } catch (error) {
        log.debug({ err: error }, 'the time of Postgres could not be read; the last reading advances');
      }
      compare();
    }
  }

  compare();
  const repeating = repeat();
  return {
    now,
    machineAheadMs: () => machineAheadMs,
    async stop() {
      stopping.abort();
      await repeating;
    },
  };
}

/** Whether the clock of the machine agrees with Postgres. */
export function clockFact(clock: PostgresClock): HealthFact {
  const aheadMs = clock.machineAheadMs();
  return {
    ok: Math.abs(aheadMs) <= maxReadyMs,
    machine_ahead_seconds: Math.round(aheadMs / 100) / 10,
    ...(Math.abs(aheadMs) <= reportedMs
      ? {}
      : { detail: `${describe(aheadMs)}; correct the time service of the host` }),
  };
}

function describe(aheadMs: number): string {
  const seconds = Math.round(Math.abs(aheadMs) / 100) / 10;
  return `the clock of this machine is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of Postgres`;
}

/** The present time of Postgres, for work that must not follow the clock of this machine. */
export async function timeOfPostgres<DB>(db: Kysely<DB>): Promise<Temporal.Instant> {
  const { rows } = await sql<{ at: string }>`SELECT clock_timestamp() AS at`.execute(db);
  return Temporal.Instant.from(rows[0]?.at ?? '');
}

async function read<DB>(db: Kysely<DB>): Promise<Reading> {
  let best: Reading | null = null;
  for (let count = 0; count < readings; count += 1) {
    const sentAtMs = performance.now();
    const at = await timeOfPostgres(db);
    const receivedAtMs = performance.now();
    const uncertainMs = (receivedAtMs - sentAtMs) / 2;
    if (best !== null && best.uncertainMs <= uncertainMs) continue;
    best = { at, readAtMs: sentAtMs + uncertainMs, uncertainMs };
  }
  return best as Reading;
}

function timeAfter(anchor: Reading, nowMs: number): Temporal.Instant {
  return anchor.at.add({ microseconds: Math.floor((nowMs - anchor.readAtMs) * 1_000) });
}
