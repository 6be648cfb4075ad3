import { jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { headers, nuid } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';

/**
 * The bare limit of a relay: atomic batches of given messages into a stream of their own, without reads or deletes, each batch
 * awaited before the next to keep the order. Imports none of our code.
 */
export async function openAtomicBatches(url: string) {
  const nc = await connect({ servers: [url] });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({
    name: 'BARE',
    subjects: ['bare.>'],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    allow_atomic: true,
    duplicate_window: 120_000_000_000,
  });
  return {
    /** Publishes `count` messages of `payload` in batches of `size`; returns how long it took, in milliseconds. */
    async publish(options: { count: number; size: number; payload: string; run: string }): Promise<number> {
      const started = performance.now();
      for (let from = 0; from < options.count; from += options.size) {
        await publishBatch(from, Math.min(options.size, options.count - from), options);
      }
      return performance.now() - started;
    },
    stored: async () => (await jsm.streams.info('BARE')).state.messages,
    close: () => nc.close(),
  };

  async function publishBatch(from: number, size: number, options: { payload: string; run: string }): Promise<void> {
    const batch = nuid.next();
    for (let index = 1; index <= size; index += 1) {
      const head = headers();
      head.set('Nats-Msg-Id', `${options.run}-${from + index}`);
      head.set('Nats-Batch-Id', batch);
      head.set('Nats-Batch-Sequence', String(index));
      const subject = `bare.${(from + index) % 100}`;
      if (index < size) {
        nc.publish(subject, options.payload, { headers: head });
        continue;
      }
      head.set('Nats-Batch-Commit', '1');
      const ack = (await nc.request(subject, options.payload, { headers: head, timeout: 30_000 })).json<{
        count?: number;
      }>();
      if (ack.count !== size) throw new Error(`a bare batch was refused: ${JSON.stringify(ack)}`);
    }
  }
}
