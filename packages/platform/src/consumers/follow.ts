import { setTimeout as delay } from 'node:timers/promises';
import { type EventContract, type ServiceName, subjectFilter } from '@arcadia/contracts';
import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { Bus } from '../bus/nats.ts';
import { headersOf } from '../bus/read-headers.ts';
import { openReader } from '../bus/replay-reader.ts';
import type { FollowedEvent, FollowOptions } from '../kernel/follow-options.ts';
import type { Logger } from '../kernel/log.ts';
import { readContent } from './received-event.ts';

const batch = 500;
const fetchMs = 10_000;
/** A fetch that ends sooner than this without a message has found no consumer: the server was restarted. */
const tooSoonMs = 1_000;
const againMs = 500;

/**
 * Follows the events of some contracts, all of one stream, from an age on and then as they are published, until `signal` aborts. Nothing is
 * acknowledged; after an interruption it continues behind the last message, so none is left out or given twice.
 */
export async function follow(
  { bus, service, log }: { bus: Bus; service: ServiceName; log: Logger },
  contracts: readonly EventContract[],
  { since, signal, onStart, onEvent, onCaughtUp }: FollowOptions,
): Promise<void> {
  const stream = contracts[0]?.stream;
  if (stream === undefined) throw new Error('there is nothing to follow without a contract');
  const types = new Set(contracts.map(({ type }) => type));
  const subjects = contracts.map(subjectFilter);
  let place: { created: string; next: number } | null = null;
  const round = async (): Promise<void> => {
    const { created } = await bus.jsm.streams.info(stream);
    const isSame: boolean = place?.created === created;
    const from =
      place !== null && isSame
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: place.next }
        : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: since().toString() };
    const info = await openReader(bus, { service, stream, subjects }, from);
    const at = isSame && place !== null ? place : { created, next: info.delivered.stream_seq + 1 };
    place = at;
    if (!isSame) onStart({ created, through: info.delivered.stream_seq });
    if (info.num_pending === 0) onCaughtUp();
    const reader = bus.js.consumers.getConsumerFromInfo(info);
    try {
      while (!signal.aborted) {
        const started = performance.now();
        const messages = await reader.fetch({ max_messages: batch, expires: fetchMs });
        const stop = (): void => void messages.close();
        signal.addEventListener('abort', stop, { once: true });
        let received = 0;
        for await (const message of messages) {
          received += 1;
          at.next = message.seq + 1;
          const event = eventIn(message, types);
          if (event !== null) onEvent(event);
          if (message.info.pending === 0) onCaughtUp();
        }
        signal.removeEventListener('abort', stop);
        if (received === 0 && performance.now() - started < tooSoonMs && !signal.aborted)
          throw new Error(`the consumer ${info.name} of ${stream} is gone`);
      }
    } finally {
      await bus.jsm.consumers.delete(stream, info.name).catch(() => false);
    }
  };
  for (let failures = 0; !signal.aborted; ) {
    try {
      await round();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      // A restart of the server is a failure or two; the log shows what lasts longer, such as more replicas than there are readers.
      if (failures % 20 === 3)
        log.warn({ err: error, stream }, 'the events of a stream cannot be followed; trying again');
      await delay(againMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The event of a message; null for anything else, and for the later parts of a divided event. */
function eventIn(message: JsMsg, types: ReadonlySet<string>): FollowedEvent | null {
  const headers = headersOf(message);
  const header = (name: string): string => headers[name] ?? '';
  const [part, isPart] = [header('arcadia-part'), header('arcadia-part') !== ''];
  if (!types.has(header('ce-type')) || header('ce-id') === '' || (isPart && !part.startsWith('1/'))) return null;
  let data: unknown = null;
  try {
    data = isPart ? null : readContent({ message, headers });
  } catch {
    return null;
  }
  const publishedMs = Math.floor(message.info.timestampNanos / 1e6);
  return { id: header('ce-id'), type: header('ce-type'), seq: message.seq, publishedMs, data };
}
