import { setTimeout as delay } from 'node:timers/promises';
import type { StreamInfo } from '@nats-io/jetstream';
import type { Logger } from '../kernel/log.ts';
import { hasLeader, withLeader } from './await-leader.ts';
import { sparedDays } from './install-streams.ts';
import type { Bus } from './nats.ts';
import { ignoringNotFound } from './streams.ts';

const lookAgainMs = 250;
const dayInNanoseconds = 24 * 60 * 60 * 1e9;

/**
 * Waits until all these streams exist, which the installer creates, and have leaders.
 * @returns the days beyond `retentionDays` for which one of them keeps events; 0 when none does
 */
export async function awaitStreams(
  bus: Bus,
  names: ReadonlySet<string>,
  { log, signal, retentionDays }: { log: Logger; signal?: AbortSignal; retentionDays: number },
): Promise<{ extraDays: number }> {
  const extra = Array.from(names, async (name) => {
    const { config } = await existing(bus, name, log, signal);
    const isOfEvents = name !== 'JOBS' && name !== 'DEAD';
    return isOfEvents ? Math.ceil(config.max_age / dayInNanoseconds) - sparedDays - retentionDays : 0;
  });
  return { extraDays: Math.max(0, ...(await Promise.all(extra))) };
}

async function existing(bus: Bus, name: string, log: Logger, signal: AbortSignal | undefined): Promise<StreamInfo> {
  for (let look = 0; ; look += 1) {
    signal?.throwIfAborted();
    const waiting = { log, ...(signal === undefined ? {} : { signal }) };
    const info = await withLeader(() => ignoringNotFound(() => bus.jsm.streams.info(name)), waiting);
    if (info !== null && hasLeader(info)) return info;
    if (look % 40 === 0) {
      const reason =
        info === null
          ? 'the stream does not exist yet; waiting for the installer to create it'
          : 'the stream has no leader yet; waiting for its election';
      log.warn({ stream: name }, reason);
    }
    await delay(lookAgainMs, undefined, signal === undefined ? {} : { signal });
  }
}
