import type { LogEvent } from 'kysely';
import type { HealthFact } from '../kernel/definition.ts';
import { isDiskFull } from '../kernel/infrastructure-errors.ts';

/** A statement that failed for want of disk is named for so long after it, in milliseconds. */
const namedForMs = 120_000;
/** Growth is measured over at least this time, in milliseconds. */
const shortestSampleMs = 3_600_000;
const dayMs = 86_400_000;

/**
 * What a service can know of the disk of Postgres. Its free space cannot be asked in SQL, so health shows the size of the database, how fast it
 * grows, and that a statement was refused because the disk is full.
 */
export type DiskWatch = {
  /** Takes note of a statement's end. */
  observe(event: LogEvent): void;
  /** The fact for a size of the database, in bytes. Reading goes on while the disk is full, so it is a warning. */
  fact(bytes: number): HealthFact & { ok: true };
};

/** @param now milliseconds that only rise */
export function watchDisk(now: () => number = () => performance.now()): DiskWatch {
  let refusedAt: number | null = null;
  let first: { at: number; bytes: number } | null = null;
  return {
    observe(event) {
      if (event.level === 'error' && isDiskFull(event.error)) refusedAt = now();
    },
    fact(bytes) {
      const at = now();
      first ??= { at, bytes };
      const growth =
        at - first.at < shortestSampleMs ? null : Math.round(((bytes - first.bytes) / (at - first.at)) * dayMs);
      const isFull = refusedAt !== null && at - refusedAt < namedForMs;
      return {
        ...{ ok: true, bytes },
        ...(growth === null ? {} : { bytes_per_day: growth }),
        ...(isFull ? { warning: 'the disk of Postgres is full: a statement could not write a moment ago' } : {}),
      };
    },
  };
}
