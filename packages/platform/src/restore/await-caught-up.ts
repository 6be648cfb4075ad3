import { setTimeout as delay } from 'node:timers/promises';
import type { RunningConsumer } from '../consumers/consumer-runner.ts';
import type { Logger } from '../kernel/log.ts';

const everyMs = 100;
const reportEveryMs = 5_000;

/**
 * Waits after a restore until consumers have handled again what they had handled before the set-back. Jobs begin only then: one that
 * decides by what they keep, such as the matching of a bill, would decide by an older state and publish it.
 * @param acknowledged for each of them the sequence up to which it had acknowledged every message
 */
export async function awaitCaughtUp(
  consumers: readonly RunningConsumer[],
  acknowledged: Readonly<Record<string, number>>,
  { log, signal }: { log: Logger; signal?: AbortSignal },
): Promise<void> {
  let reportAt = Date.now() + reportEveryMs;
  for (const consumer of consumers) {
    const goal = acknowledged[consumer.name];
    if (goal === undefined) continue;
    for (;;) {
      signal?.throwIfAborted();
      const info = await consumer.info();
      if (info.ack_floor.stream_seq >= goal || info.num_pending + info.num_ack_pending === 0) break;
      if (Date.now() > reportAt) {
        reportAt = Date.now() + reportEveryMs;
        log.info(
          { consumer: consumer.name, handled: info.ack_floor.stream_seq, of: goal },
          'messages are being consumed again; jobs begin when that is done',
        );
      }
      await delay(everyMs);
    }
  }
}
