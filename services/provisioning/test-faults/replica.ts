import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createLog, observeFailpoints, startService } from '@arcadia/platform';
import { service } from '../src/index.ts';

/** What a replica tells its parent: that it is ready, or that it stands at a failpoint and waits to be let on. */
type Told = { ready: true } | { at: string; ticket: number };

export type Replica = { stop(): Promise<void> };

/**
 * Provisioning as a process of its own. At every failpoint of a saga it stands still until `decide` has said whether it
 * goes on or dies.
 */
export async function forkReplica(
  env: Record<string, string>,
  decide: (point: string) => 'on' | 'kill',
): Promise<Replica & { ended: Promise<void> }> {
  const child: ChildProcess = fork(import.meta.filename, [], {
    env: { PATH: process.env['PATH'], TEST_LOG_LEVEL: process.env['TEST_LOG_LEVEL'], ...env },
    execArgv: [],
  });
  const ended = once(child, 'exit').then(() => undefined);
  const ready = Promise.withResolvers<void>();
  child.on('message', (told: Told) => {
    if ('ready' in told) ready.resolve();
    else if (decide(told.at) === 'kill') child.kill('SIGKILL');
    else child.send(told.ticket);
  });
  const isUp = await Promise.race([ready.promise.then(() => true), ended.then(() => false)]);
  if (!isUp) throw new Error('a replica did not start; TEST_LOG_LEVEL=error says why');
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
    if (!at.startsWith('saga.')) return;
    tickets += 1;
    const ticket = tickets;
    const onward = Promise.withResolvers<void>();
    waiting.set(ticket, onward.resolve);
    process.send?.({ at, ticket } satisfies Told);
    await onward.promise;
  });
  const log = createLog({ name: 'provisioning', level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  await startService(service, { env: process.env, log });
  process.send?.({ ready: true } satisfies Told);
}
