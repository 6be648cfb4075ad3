import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchStage } from './bench.ts';

const folder = path.join(import.meta.dirname, 'peers');

export type PeerProcess = {
  /** Calls a function of the peer; returns its value and the processor time that its process used meanwhile. */
  call<Value>(name: string, input?: unknown): Promise<{ value: Value; cpuMs: number }>;
  /** Ends the process at once, as a crash would. */
  kill(): Promise<void>;
};

/** Starts a file of the folder `peers` as a process of its own and calls its `open` with `input`. It ends with the stage. */
export async function startPeer(stage: Pick<BenchStage, 'defer'>, name: string, input: unknown): Promise<PeerProcess> {
  return await startCalled(stage, path.join(folder, `${name}.ts`), input);
}

/** The same for any file that answers calls. @param flags of Node */
export async function startCalled(
  stage: Pick<BenchStage, 'defer'>,
  file: string,
  input: unknown,
  flags: readonly string[] = [],
): Promise<PeerProcess> {
  const child = fork(file, [], { execArgv: [...process.execArgv, ...flags], stdio: ['ignore', 2, 2, 'ipc'] });
  const waiting = new Map<number, PromiseWithResolvers<{ value: never; cpuMs: number }>>();
  child.on('message', ({ id, value, error, cpuMs }: { id: number; value: never; error?: string; cpuMs: number }) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve({ value, cpuMs });
    else call?.reject(new Error(`${path.basename(file)}: ${error}`));
  });
  child.once('exit', (code, signal) => {
    for (const call of waiting.values()) call.reject(new Error(`${path.basename(file)} ended: ${signal ?? code}`));
  });
  stage.defer(() => ended(child, () => child.disconnect()));
  let calls = 0;
  const call = <Value>(name: string, given: unknown = null): Promise<{ value: Value; cpuMs: number }> => {
    calls += 1;
    const answered = Promise.withResolvers<{ value: never; cpuMs: number }>();
    waiting.set(calls, answered);
    child.send({ id: calls, name, input: given });
    return answered.promise;
  };
  await call('open', input);
  return { call, kill: () => ended(child, () => child.kill('SIGKILL')) };
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  end();
  await exited;
}

/**
 * Installs the peers as their own lockfile names them, the first time that one is run. They are no part of the workspace: no
 * check and no product needs them.
 */
export function installPeers(progress: (line: string) => void): void {
  const lockfile = readFileSync(path.join(folder, 'pnpm-lock.yaml'), 'utf8');
  const stamp = path.join(folder, 'node_modules', '.installed-for');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfile) return;
  progress('installing the peers from the npm registry, the first time only …');
  const flags = ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=silent'];
  try {
    execFileSync('pnpm', flags, { cwd: folder, stdio: ['ignore', 2, 2], env: { ...process.env, CI: '1' } });
  } catch (cause) {
    throw new Error('The peers could not be installed. Check the connection to the npm registry and start again.', {
      cause,
    });
  }
  writeFileSync(stamp, lockfile);
}
