import { setTimeout as delay } from 'node:timers/promises';
import { type StreamName, streams } from '@arcadia/contracts';
import { dismissDeadLetter, listDeadLetters } from '@arcadia/platform';
import type { Dice } from '../dice.ts';
import { type Rig, until } from './rig.ts';

/** A fault that begins, lasts a while and ends; the system has to get over it by itself. */
export type Fault = {
  name: string;
  /** What the log has of it. */
  logs?: RegExp;
  run(rig: Rig, dices: Dice): Promise<void>;
};

/** Five minutes without NATS in small: longer than every time limit of a publication, a request and an acknowledgement. */
const awayMs = 6_000;
/** Longer than the ten seconds after which a statement without a reply is given up. */
const darkMs = 12_000;

/** Within this time every consumer has parked what it cannot read, in milliseconds. */
const dismissingMs = 10_000;

const eventStreams = Object.keys(streams).filter((name) => name !== 'DEAD' && name !== 'JOBS') as StreamName[];

/** What is published as a message that no service can read. */
export const poison = 'not JSON, published by a fault';

export const faults: readonly Fault[] = [
  {
    name: 'a replica is killed',
    async run({ replicas }, dices) {
      const killed = dices.pick(replicas);
      await delay(dices.upTo(2_000));
      await restarted(killed, () => killed.signal('SIGKILL'));
    },
  },
  {
    name: 'every replica is killed at once',
    async run({ replicas }, dices) {
      await delay(dices.upTo(2_000));
      await Promise.all(replicas.map((each) => restarted(each, () => each.signal('SIGKILL'))));
    },
  },
  {
    name: 'one replica after the other is stopped in order and started again',
    async run({ replicas }) {
      for (const each of replicas) await restarted(each, () => each.signal('SIGTERM'));
    },
  },
  {
    name: 'a replica hangs with its connections and claims, and goes on later',
    async run({ replicas }, dices) {
      const hanging = dices.pick(replicas.filter(({ name }) => name !== 'gateway'));
      hanging.signal('SIGSTOP');
      await delay(darkMs);
      hanging.signal('SIGCONT');
    },
  },
  {
    name: 'NATS is killed and stays away',
    logs: /lost the connection to NATS; reconnecting/,
    async run({ nats, replicas }) {
      await nats.kill();
      await Promise.all([delay(awayMs), namedInHealth(replicas, 'nats')]);
      await nats.start();
    },
  },
  {
    name: 'Postgres is away for all services',
    logs: /a database connection was lost/,
    async run({ postgres, replicas }) {
      postgres.cut();
      await Promise.all([delay(awayMs), namedInHealth(replicas, 'postgres')]);
      postgres.mend();
    },
  },
  {
    name: 'the connections to Postgres swallow everything',
    async run({ postgres, replicas }) {
      postgres.darken();
      await Promise.all([delay(darkMs), namedInHealth(replicas, 'postgres')]);
      postgres.mend();
    },
  },
  {
    name: 'the connections to NATS swallow everything',
    async run({ natsLine }) {
      natsLine.darken();
      await delay(darkMs);
      natsLine.mend();
    },
  },
  {
    name: 'each reply of NATS and Postgres takes long',
    async run({ natsLine, postgres }) {
      natsLine.delayBy(2_000);
      postgres.delayBy(300);
      await delay(darkMs);
      natsLine.mend();
      postgres.mend();
    },
  },
  {
    name: 'commits take effect, but their replies are lost',
    async run({ postgres }, dices) {
      postgres.loseCommits(dices.between(1, 6));
      await delay(awayMs);
      postgres.mend();
    },
  },
  {
    name: 'messages are published again, with other ids and out of order',
    async run({ bus }, dices) {
      const stream = dices.pick(eventStreams);
      const { state } = await bus.jsm.streams.info(stream);
      let wasPoison = false;
      for (let count = 0; count < Math.min(100, state.messages); count += 1) {
        const seq = dices.between(state.first_seq, state.last_seq);
        const message = await bus.jsm.streams.getMessage(stream, { seq });
        // Captured rows are not consumed, and a restore recognises them by their id.
        if (message === null || message.subject.startsWith('row.')) continue;
        // Such as its place in an atomic batch: alone, the server would wait for the rest of the batch.
        for (const name of message.header.keys()) if (name.startsWith('Nats-')) message.header.delete(name);
        message.header.set('Nats-Msg-Id', `again ${stream} ${seq} ${count}`);
        await bus.js.publish(message.subject, message.data, { headers: message.header });
        wasPoison ||= message.string() === poison;
      }
      if (wasPoison) await dismissWhatArrives(bus);
    },
  },
  {
    name: 'a message that no service can read arrives',
    logs: /a message was parked as a dead letter/,
    async run({ bus }) {
      for (const subject of ['usage.accrued.x.y', 'resource.observed.x.y', 'deployment.changed.x.y'])
        await bus.js.publish(subject, poison).catch(() => undefined);
      await dismissWhatArrives(bus);
    },
  },
  {
    name: 'a stream is deleted',
    logs: /a stream had vanished and was created again, empty/,
    async run({ bus }, dices) {
      await bus.jsm.streams.delete(dices.pick(eventStreams));
      await until('the stream is there again', async () => {
        await Promise.all(eventStreams.map((stream) => bus.jsm.streams.info(stream)));
        return true;
      });
    },
  },
  {
    name: 'a consumer is deleted',
    logs: /a consumer had vanished from its stream/,
    async run({ bus }, dices) {
      const stream = dices.pick(['INVENTORY', 'METERING', 'PROVISIONING'] as const);
      const names = (await Array.fromAsync(bus.jsm.consumers.list(stream)))
        .map(({ name }) => name)
        .filter((name) => !name.includes('replay'));
      const name = dices.pick(names.toSorted());
      await bus.jsm.consumers.delete(stream, name);
      await until(
        'the consumer is there again',
        async () => (await bus.jsm.consumers.info(stream, name)).name === name,
      );
    },
  },
];

/** Waits until the health of a process names a fact as not well. */
const namedInHealth = (replicas: Rig['replicas'], fact: string): Promise<void> =>
  until(`health names ${fact}`, async () => {
    const services = (await Promise.all(replicas.map((replica) => replica.health()))).flat();
    return services.some(({ facts }) => facts[fact]?.ok === false);
  });

/** Dismisses the dead letters of poison, as an operator would: a month does not close while a message about it is parked. */
async function dismissWhatArrives(bus: Rig['bus']): Promise<void> {
  const deadline = Date.now() + dismissingMs;
  while (Date.now() < deadline) {
    for (const { number, origin } of await listDeadLetters(bus).catch(() => []))
      if (origin.payload === poison) await dismissDeadLetter(bus, number);
    await delay(500);
  }
}

/** Has a replica end, and waits until it runs again. */
async function restarted(replica: Rig['replicas'][number], end: () => void): Promise<void> {
  const before = replica.starts();
  end();
  await until(`${replica.name} runs again`, async () => replica.starts() > before && replica.isReady());
}
