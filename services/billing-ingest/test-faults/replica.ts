import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createLog, observeFailpoints, playedClock, startService } from '@arcadia/platform';
import { service } from '../src/index.ts';

/** Messages of a replica to its parent: it is ready, it waits at a failpoint, or its resident memory. */
type Report = { ready: true } | { at: string; ticket: number } | { rssBytes: number };

export type Replica = {
  ended: Promise<void>;
  /** The maximum resident memory so far, in bytes. */
  mostRss(): number;
  stop(): Promise<void>;
};

/**
 * Starts the service as a separate process with a standing clock. At every failpoint it waits until `decide` lets it continue
 * or kills it.
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
  child.on('message', (report: Report) => {
    if ('ready' in report) ready.resolve();
    else if ('rssBytes' in report) most = Math.max(most, report.rssBytes);
    else if (decide(report.at) === 'kill') child.kill('SIGKILL');
    else child.send(report.ticket);
  });
  const isUp = await Promise.race([ready.promise.then(() => true), ended.then(() => false)]);
  if (!isUp) throw new Error('a replica did not start; run the test with TEST_LOG_LEVEL=error to see the reason');
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
    process.send?.({ at, ticket: tickets } satisfies Report);
    await onward.promise;
  });
  setInterval(() => process.send?.({ rssBytes: process.memoryUsage.rss() } satisfies Report), 100);
  const log = createLog({ name: 'billing-ingest', level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const clock = playedClock(Temporal.Instant.from('2026-05-01T02:23:00Z'));
  await startService(service, { env: process.env, log, clock, scheduler: false });
  process.send?.({ ready: true } satisfies Report);
}
