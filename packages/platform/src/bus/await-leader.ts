import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, type StreamInfo } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';
import { errorText, type Logger } from '../kernel/log.ts';

/** A cluster elects the leader of its streams within seconds of its start; one that has none after this time is not started whole. */
const electedWithinMs = 60_000;
const tryAgainMs = 250;

/** Codes with which nats-server answers while servers of its cluster are missing: it is incomplete, has no place for replicas, or no leader. */
const incompleteCluster: ReadonlySet<number> = new Set([10004, 10005, 10008, 10118]);

const isWithoutLeader = (error: unknown): boolean =>
  error instanceof JetStreamApiError
    ? incompleteCluster.has(error.code)
    : error instanceof errors.TimeoutError || (error instanceof Error && error.name === 'JetStreamNotEnabled');

/**
 * Does work that needs JetStream, again while nats-server has no leader for it, as just after the start of a cluster: requests are
 * then answered late, by a refusal, or not at all. The work may be done several times.
 * @throws the last error when there is no leader after a minute, and any other error at once
 */
export async function withLeader<T>(
  work: () => Promise<T>,
  { log, signal }: { log: Logger; signal?: AbortSignal },
): Promise<T> {
  const deadline = Date.now() + electedWithinMs;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!isWithoutLeader(error) || Date.now() > deadline) throw error;
      if (attempt === 1)
        log.warn({ reason: errorText(error) }, 'JetStream has no leader yet; waiting for its election');
    }
    await delay(tryAgainMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** False while the servers of a cluster have not elected the leader of a stream; on a single server there is none to elect. */
export const hasLeader = ({ cluster }: Pick<StreamInfo, 'cluster'>): boolean =>
  cluster === undefined || (cluster.leader ?? '') !== '';
