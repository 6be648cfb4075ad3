import type { ConsumerInfo, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Bus } from './nats.ts';

/** Messages of one durable consumer as they come: the server always has a standing pull, so one that arrives is here at once. */
export type Intake<Read> = {
  /** Waits for the first message, then gives all that have arrived, `max` at most. Null once stopped. */
  take(max: number): Promise<Read[] | null>;
  /** Messages that have arrived and were not taken. */
  waiting(): number;
  /** Stop pulling; what was not taken is given back at once, so that another replica gets it without waiting. */
  stop(): Promise<void>;
};

/**
 * Pulls with the client's own `consume`, bound (without its info requests, whose retry waits half a minute), and pulls again
 * quickly after silence. The iterator is read only while there is room, so that messages wait on the server and not here.
 * `read` is called as a message arrives, so while the batch before it waits for the database.
 */
export async function openIntake<Read>(
  bus: Bus,
  info: ConsumerInfo,
  options: { ahead: number; read: (message: JsMsg) => Read },
): Promise<Intake<Read>> {
  const consumer = bus.js.consumers.getConsumerFromInfo(info);
  const messages = await consumer.consume({
    max_messages: options.ahead,
    bind: true,
    expires: 8_000,
    idle_heartbeat: 1_000,
  });
  const buffer: { message: JsMsg; content: Read }[] = [];
  const signals = { arrived: Promise.withResolvers<void>(), room: Promise.withResolvers<void>() };
  let stopped = false;

  const ring = (name: 'arrived' | 'room') => {
    signals[name].resolve();
    signals[name] = Promise.withResolvers();
  };
  const reading = read();

  async function read(): Promise<void> {
    try {
      for await (const message of messages as ConsumerMessages) {
        buffer.push({ message, content: options.read(message) });
        if (buffer.length === 1) ring('arrived');
        while (buffer.length >= options.ahead && !stopped) await signals.room.promise;
        if (stopped) break;
      }
    } finally {
      stopped = true;
      ring('arrived');
    }
  }

  return {
    async take(max) {
      while (buffer.length === 0) {
        if (stopped) return null;
        await signals.arrived.promise;
      }
      // One turn of the event loop lets the rest of what came in the same read join the batch; it does not wait for more.
      if (buffer.length < max) await new Promise((resolve) => setImmediate(resolve));
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
