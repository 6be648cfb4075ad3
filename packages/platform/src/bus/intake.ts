import type { ConsumerInfo, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Bus } from './nats.ts';

/** Messages of one durable consumer. The server always holds an open pull request, so a new message arrives at once. */
export type Intake<Read> = {
  /** Waits for the first message, then returns all that have arrived, at most `max`. Null once stopped. */
  take(max: number): Promise<Read[] | null>;
  /** How many messages have arrived and were not taken. */
  waiting(): number;
  /** Stops pulling. Messages that were not taken are returned to the server at once, so that another replica gets them without waiting. */
  stop(): Promise<void>;
};

/**
 * So many messages are read at once: then the event loop turns, so that the statements of the batch that is being handled need not wait
 * for all messages of the next one, and Postgres works on them while those are read.
 */
const readInTurn = 50;

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/**
 * Pulls with the client's `consume`, bound (without its info requests, whose retry waits half a minute), and pulls again soon
 * after a silence. The iterator is read only while there is room, so that messages wait on the server and not in memory.
 * `read` is called as each message arrives, while the previous batch may still wait for the database. Messages that wait here for long
 * are renewed, so that the server delivers them to no other replica as long as this one lives.
 */
export async function openIntake<Read>(
  bus: Bus,
  info: ConsumerInfo,
  options: { ahead: number; ackWaitMs: number; read: (message: JsMsg) => Read },
): Promise<Intake<Read>> {
  const consumer = bus.js.consumers.getConsumerFromInfo(info);
  const messages = await consumer.consume({
    max_messages: options.ahead,
    bind: true,
    expires: 8_000,
    idle_heartbeat: 1_000,
  });
  const buffer: { message: JsMsg; content: Read; renewedMs: number }[] = [];
  const signals = { arrived: Promise.withResolvers<void>(), room: Promise.withResolvers<void>() };
  let stopped = false;

  const ring = (name: 'arrived' | 'room') => {
    signals[name].resolve();
    signals[name] = Promise.withResolvers();
  };
  const renewEveryMs = options.ackWaitMs / 3;
  const renewal = setInterval(() => {
    const now = performance.now();
    for (const each of buffer) {
      if (now - each.renewedMs < renewEveryMs) continue;
      each.message.working();
      each.renewedMs = now;
    }
  }, renewEveryMs / 2);
  const reading = read();

  async function read(): Promise<void> {
    let inTurn = 0;
    let nowMs = performance.now();
    try {
      for await (const message of messages as ConsumerMessages) {
        buffer.push({ message, content: options.read(message), renewedMs: nowMs });
        if (buffer.length === 1) ring('arrived');
        while (buffer.length >= options.ahead && !stopped) await signals.room.promise;
        if (stopped) break;
        inTurn = (inTurn + 1) % readInTurn;
        if (inTurn > 0) continue;
        await nextTurn();
        nowMs = performance.now();
      }
    } finally {
      stopped = true;
      clearInterval(renewal);
      ring('arrived');
    }
  }

  return {
    async take(max) {
      while (buffer.length === 0) {
        if (stopped) return null;
        await signals.arrived.promise;
      }
      // One turn of the event loop lets the other messages of the same network read join the batch; it does not wait for more.
      if (buffer.length < max) await nextTurn();
      const taken = buffer.splice(0, max);
      ring('room');
      return taken.map(({ content }) => content);
    },
    waiting: () => buffer.length,
    async stop() {
      stopped = true;
      ring('room');
      ring('arrived');
      await messages.close();
      await reading.catch(() => undefined);
      for (const { message } of buffer.splice(0)) message.nak();
    },
  };
}
