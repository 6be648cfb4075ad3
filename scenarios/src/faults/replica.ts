import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceHealth } from '@arcadia/platform';
import type { Question, ReplicaSettings, Reply } from './replica-process.ts';

/** A host with one replica of some services, started again whenever it ends, as by a supervisor. */
export type Replica = AsyncDisposable & {
  readonly name: string;
  readonly services: readonly string[];
  /** How often the process was started. */
  starts(): number;
  isReady(): boolean;
  /** False also while the process is starting. */
  quiet(): Promise<boolean>;
  activity(): Promise<number>;
  health(): Promise<ServiceHealth[]>;
  setClock(at: Temporal.Instant): Promise<void>;
  /** Sends a signal; after SIGSTOP the process holds its connections and does nothing. */
  signal(signal: NodeJS.Signals): void;
};

const program = path.join(import.meta.dirname, 'replica-process.ts');
const againAfterMs = 200;
const answerWithinMs = 15_000;

export function startReplica(name: string, services: readonly string[], settings: () => ReplicaSettings): Replica {
  const state = { isStopping: false, isReady: false, starts: 0, question: 0 };
  const waiting = new Map<number, (value: unknown) => void>();
  let child: ChildProcess;
  let ended: Promise<void> = Promise.resolve();

  const start = (): void => {
    state.starts += 1;
    child = fork(program, [...services], {
      env: { PATH: process.env['PATH'], REPLICA: JSON.stringify(settings()) },
      execArgv: [],
      stdio: ['ignore', 'ignore', process.env['ARCADIA_DEBUG'] ? 'inherit' : 'ignore', 'ipc'],
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    ended = promise;
    child.on('message', (reply: Reply) => {
      if ('ready' in reply) state.isReady = true;
      else waiting.get(reply.id)?.(reply.value);
    });
    child.once('exit', () => {
      state.isReady = false;
      for (const answer of waiting.values()) answer(null);
      resolve();
      if (!state.isStopping) setTimeout(() => state.isStopping || start(), againAfterMs);
    });
    child.on('error', () => undefined);
  };
  start();

  const ask = async (what: Question['what'], at?: string): Promise<unknown> => {
    if (!state.isReady) return null;
    const id = (state.question += 1);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    waiting.set(id, resolve);
    const limit = setTimeout(() => resolve(null), answerWithinMs);
    child.send({ id, what, ...(at === undefined ? {} : { at }) } satisfies Question, (error) => error && resolve(null));
    try {
      return await promise;
    } finally {
      clearTimeout(limit);
      waiting.delete(id);
    }
  };

  return {
    name,
    services,
    starts: () => state.starts,
    isReady: () => state.isReady,
    quiet: async () => (await ask('quiet')) === true,
    activity: async () => Number((await ask('activity')) ?? Number.NaN),
    health: async () => ((await ask('health')) as ServiceHealth[] | null) ?? [],
    setClock: async (at) => void (await ask('clock', at.toString())),
    signal: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      state.isStopping = true;
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await Promise.race([ended, delay(10_000, undefined, { ref: false })]);
      child.kill('SIGKILL');
      await ended;
    },
  };
}
