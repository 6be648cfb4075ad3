import { setTimeout as delay } from 'node:timers/promises';
import type { StreamInfo } from '@nats-io/jetstream';
import type { Logger } from '../kernel/log.ts';
import { sparedDays } from './install-streams.ts';
import type { Bus } from './nats.ts';
import { ignoringNotFound } from './streams.ts';

const lookAgainMs = 250;
const dayInNanoseconds = 24 * 60 * 60 * 1e9;

/**
 * Waits until all these streams exist, which the installer creates.
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
    const info = await ignoringNotFound(() => bus.jsm.streams.info(name));
    if (info !== null) return info;
    if (look % 40 === 0)
      log.warn({ stream: name }, 'the stream does not exist yet; waiting for the installer to create it');
    await delay(lookAgainMs, undefined, signal === undefined ? {} : { signal });
  }
}
