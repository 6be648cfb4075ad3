import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type NatsConnection } from '@nats-io/transport-node';

/**
 * The bare limit of a request: a process that answers JSON with JSON over NATS request/reply, in a queue group.
 * Imports none of our code.
 */
export async function openBareEcho(url: string): Promise<{ nc: NatsConnection; close(): Promise<void> }> {
  const child = fork(import.meta.filename, [url]);
  await once(child, 'message');
  const nc = await connect({ servers: [url] });
  return {
    nc,
    async close() {
      await nc.close();
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** Sends one request and parses its answer. */
export async function requestBare(nc: NatsConnection, n: number): Promise<number> {
  const reply = await nc.request('bare.echo', JSON.stringify({ n }), { timeout: 10_000 });
  return reply.json<{ n: number }>().n;
}

if (process.argv[1] === import.meta.filename) {
  const nc = await connect({ servers: [process.argv[2] ?? ''] });
  nc.subscribe('bare.echo', {
    queue: 'bare',
    callback(_error, message) {
      message.respond(JSON.stringify({ n: message.json<{ n: number }>().n }));
    },
  });
  await nc.flush();
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
}
