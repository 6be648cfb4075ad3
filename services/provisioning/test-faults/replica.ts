import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createLog, observeFailpoints, startService } from '@arcadia/platform';
import { service } from '../src/index.ts';

/** A message of a replica to its parent: it is ready, or it waits at a failpoint for permission to continue. */
type Message = { ready: true } | { at: string; ticket: number };

export type Fate = 'continue' | 'kill';
export type Replica = { ended: Promise<void>; stop(): Promise<void> };

/**
 * Starts provisioning as a process of its own. At every failpoint of a saga or of the search for orphans it waits until `decide` lets it continue or kills it.
 * It handles messages before it reports that it is ready, so it may die before that too.
 */
export async function forkReplica(
  env: Record<string, string>,
  decide: (point: string) => Fate | Promise<Fate>,
): Promise<Replica> {
  const child: ChildProcess = fork(import.meta.filename, [], {
    env: {
      PATH: process.env['PATH'],
      TEST_LOG_LEVEL: process.env['TEST_LOG_LEVEL'],
      // Hundreds of replicas start, each with the same code.
      NODE_COMPILE_CACHE: path.resolve(import.meta.dirname, '../../../.tools/compile-cache'),
      ...env,
    },
    execArgv: [],
  });
  const ended = once(child, 'exit').then(() => undefined);
  const up = Promise.withResolvers<true>();
  child.on('message', (message: Message) => {
    up.resolve(true);
    if ('ready' in message) return;
    const goOn = (fate: Fate) =>
      fate === 'kill' ? child.kill('SIGKILL') : child.connected && child.send(message.ticket);
    void Promise.resolve(decide(message.at)).then(goOn);
  });
  const isUp = await Promise.race([up.promise, ended.then(() => false)]);
  if (!isUp) throw new Error('a replica did not start; run with TEST_LOG_LEVEL=error to see why');
  return {
    ended,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const waiting = new Map<number, () => void>();
  let tickets = 0;
  process.on('message', (ticket: number) => waiting.get(ticket)?.());
  process.once('disconnect', () => process.exit(0));
  observeFailpoints(async (at) => {
    if (!/^(saga|orphans)\./.test(at)) return;
    tickets += 1;
    const ticket = tickets;
    const onward = Promise.withResolvers<void>();
    waiting.set(ticket, onward.resolve);
    process.send?.({ at, ticket } satisfies Message);
    await onward.promise;
  });
  const log = createLog({ name: 'provisioning', level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  await startService(service, { env: process.env, log });
  process.send?.({ ready: true } satisfies Message);
}
