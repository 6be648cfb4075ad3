import { type StreamName, streams } from '@arcadia/contracts';
import { JetStreamApiError, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import type { Bus } from './nats.ts';
import { assertApplied, differences, ignoringNotFound } from './streams.ts';

const day = 24 * 60 * 60 * 1000;
/** Streams keep events this much longer than the log that can fill them again. */
export const sparedDays = 31;

export type StreamSettings = {
  /** How many days events are kept; the stream keeps them 31 days longer. */
  retentionDays: number;
  /** 1 for a single server, 3 in a cluster. */
  replicas: number;
  /** Whether a stream that keeps events longer may be cut to `retentionDays`; false by default. */
  mayShrink?: boolean;
};

function streamConfig(
  name: StreamName,
  settings: StreamSettings,
  atomic: boolean,
): Partial<StreamConfig> & { name: string } {
  const ages = { JOBS: 7 * day, DEAD: 90 * day };
  const age = name === 'JOBS' || name === 'DEAD' ? ages[name] : (settings.retentionDays + sparedDays) * day;
  return {
    name,
    subjects: [...streams[name].subjects],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: settings.replicas,
    max_age: nanos(age),
    // Covers a relay that repeats a batch after an unknown outcome.
    duplicate_window: nanos(name === 'JOBS' ? 60 * 60 * 1000 : 2 * 60 * 1000),
    // Only dead letters are removed, once they are requeued or dismissed.
    deny_delete: name !== 'DEAD',
    allow_direct: true,
    ...(atomic ? { allow_atomic: true } : {}),
  };
}

/**
 * Creates the streams that are missing and updates those that differ from the settings, for all services; only the installer has
 * the rights to do so. Any number of installers may do this at once. A stream's retention is extended, and shortened only with
 * `mayShrink`: events that a shorter one deletes cannot be brought back.
 * @returns the streams that were created
 * @throws when the server ignores a setting
 */
export async function installStreams(bus: Bus, settings: StreamSettings): Promise<StreamName[]> {
  const names = Object.keys(streams) as StreamName[];
  const created = await Promise.all(names.map((name) => installStream(bus, name, settings)));
  return names.filter((_, index) => created[index]);
}

async function installStream(bus: Bus, name: StreamName, settings: StreamSettings): Promise<boolean> {
  const wanted = streamConfig(name, settings, bus.hasAtomicBatches);
  const found = await ignoringNotFound(() => bus.jsm.streams.info(name));
  if (found === null) {
    try {
      assertApplied(`stream ${name}`, wanted, (await bus.jsm.streams.add(wanted)).config);
      return true;
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || !/already in use/.test(error.message)) throw error;
    }
  }
  const current = (found ?? (await bus.jsm.streams.info(name))).config;
  const { name: _name, retention: _retention, storage: _storage, ...changeable } = wanted;
  if (settings.mayShrink !== true && current.max_age > (changeable.max_age ?? 0)) changeable.max_age = current.max_age;
  if (differences(changeable, current).length > 0) {
    assertApplied(`stream ${name}`, changeable, (await bus.jsm.streams.update(name, changeable)).config);
  }
  return false;
}
