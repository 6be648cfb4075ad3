import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createLog, observeFailpoints, playedClock, startService } from '@arcadia/platform';
import { service } from '../src/index.ts';

/** What a replica tells its parent: that it is ready, that it stands at a failpoint and waits to be let on, or the most memory it had. */
type Told = { ready: true } | { at: string; ticket: number } | { rssBytes: number };

export type Replica = {
  ended: Promise<void>;
  /** The most memory it had so far, in bytes. */
  mostRss(): number;
  stop(): Promise<void>;
};

/**
 * Billing as a process of its own, its clock standing. At every failpoint it stands still until `decide` has said whether it goes
 * on or dies.
 */
export async function forkReplica(
  env: Record<string, string>,
  { decide = () => 'on', heapMb = null }: { decide?: (point: string) => 'on' | 'kill'; heapMb?: number | null } = {},
): Promise<Replica> {
  const child: ChildProcess = fork(import.meta.filename, [], {
    env: { PATH: process.env['PATH'], TEST_LOG_LEVEL: process.env['TEST_LOG_LEVEL'], ...env },
    execArgv: heapMb === null ? [] : [`--max-old-space-size=${heapMb}`],
  });
  const ended = once(child, 'exit').then(() => undefined);
  const ready = Promise.withResolvers<void>();
  let most = 0;
  child.on('message', (told: Told) => {
    if ('ready' in told) ready.resolve();
    else if ('rssBytes' in told) most = Math.max(most, told.rssBytes);
    else if (decide(told.at) === 'kill') child.kill('SIGKILL');
    else child.send(told.ticket);
  });
  const isUp = await Promise.race([ready.promise.then(() => true), ended.then(() => false)]);
  if (!isUp) throw new Error('a replica did not start; TEST_LOG_LEVEL=error says why');
  return {
    ended,
    mostRss: () => most,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const waiting = new Map<number, () => void>();
  let tickets = 0;
  process.on('message', (ticket: number) => {
    waiting.get(ticket)?.();
    waiting.delete(ticket);
  });
  process.once('disconnect', () => process.exit(0));
  observeFailpoints(async (at) => {
    tickets += 1;
    const onward = Promise.withResolvers<void>();
    waiting.set(tickets, onward.resolve);
    process.send?.({ at, ticket: tickets } satisfies Told);
    await onward.promise;
  });
  setInterval(() => process.send?.({ rssBytes: process.memoryUsage.rss() } satisfies Told), 100);
  const log = createLog({ name: 'billing-ingest', level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const clock = playedClock(Temporal.Instant.from('2026-05-01T02:23:00Z'));
  await startService(service, { env: process.env, log, clock, scheduler: false });
  process.send?.({ ready: true } satisfies Told);
}
