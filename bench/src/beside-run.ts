import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { service as notifications, yieldToOthers } from '@arcadia/notifications';
import { createLog, startService } from '@arcadia/platform';
import type { BenchStage } from './bench.ts';
import { invoicing } from './invoicing.ts';

/** A service in a process of its own, as in production: what it uses of a processor, another one does not get. */
export type Neighbour = AsyncDisposable & {
  /** Lets it do what it is there for; returns how long that took, in milliseconds. */
  run(): Promise<number>;
};

/** Starts invoicing, which closes a month and issues its invoices on request, or notifications, which sends what is due by itself. */
export async function startNeighbour(
  name: 'invoicing' | 'notifications',
  env: Record<string, string>,
): Promise<Neighbour> {
  const child = fork(import.meta.filename, [name], { env: { ...process.env, ...env } });
  await answerOf(child);
  return {
    async run() {
      child.send('run');
      return await answerOf(child);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.send('stop');
      await once(child, 'exit');
    },
  };
}

async function answerOf(child: ChildProcess): Promise<number> {
  const answered = new AbortController();
  const { signal } = answered;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${String(code)}`);
  });
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal }) as Promise<[number]>, ended]);
    return answer;
  } finally {
    answered.abort();
  }
}

const roles: Readonly<Record<string, () => Promise<{ run(): Promise<number>; stop(): Promise<void> }>>> = {
  invoicing: async () => {
    const undo: (() => Promise<unknown>)[] = [];
    const stage: BenchStage = {
      postgresUrl: process.env['BENCH_POSTGRES'] ?? '',
      natsUrl: process.env['NATS_URL'] ?? '',
      defer: (each) => void undo.push(each),
      progress: () => undefined,
    };
    const { ours } = await invoicing.prepare(stage);
    return {
      run: async () => (await ours()).ms,
      stop: async () => {
        for (const each of undo.toReversed()) await each();
      },
    };
  },
  notifications: async () => {
    yieldToOthers();
    const log = createLog({ name: 'notifications', level: 'error', destination: process.stderr });
    const running = await startService(notifications, { env: process.env, log, scheduler: false });
    return { run: () => Promise.resolve(0), stop: () => running.stop() };
  },
};

const start = process.argv[1] === import.meta.filename ? roles[process.argv[2] ?? ''] : undefined;
if (start !== undefined) {
  const { run, stop } = await start();
  process.on('message', (message) => {
    void (message === 'run' ? run().then((ms) => process.send?.(ms)) : stop().then(() => process.exit(0)));
  });
  process.once('disconnect', () => process.exit(1));
  process.send?.(0);
}
