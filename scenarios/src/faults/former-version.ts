import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from './rig.ts';

export const root = path.resolve(import.meta.dirname, '../../..');

/** The former version, whose replicas work beside the present ones. A release sets it anew, together with its fixtures. */
const former = 'b4879c5b230bc76322186dc9d959414c949baa6f';

/** The commit of the former version; null where the history does not have it, as in a shallow clone. */
export function formerVersion(): string | null {
  const { status } = spawnSync('git', ['cat-file', '-e', `${former}^{commit}`], { cwd: root });
  return status === 0 ? former : null;
}

/** The sources of a commit with the packages that they need, in a folder of their own. */
export function unpack(commit: string): Disposable & { folder: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-version-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const archive = path.join(folder, 'sources.tar');
    execFileSync('git', ['archive', `--output=${archive}`, commit], { cwd: root });
    execFileSync('tar', ['--extract', `--file=${archive}`], { cwd: folder });
    const pnpm = path.join(root, '.tools/node_modules/.bin/pnpm');
    execFileSync(pnpm, ['install', '--prod', '--no-optional', '--frozen-lockfile', '--prefer-offline'], {
      cwd: folder,
      env: { ...process.env, CI: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return { folder, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** A replica of a service as a process of its own, as its container runs it. */
type VersionedReplica = AsyncDisposable & { stop(): Promise<void> };

/** Starts a replica from the sources in `folder`, and waits until it has started. The scheduler runs, by the real clock. */
export async function startVersioned(
  service: string,
  { folder, env }: { folder: string; env: Readonly<Record<string, string>> },
): Promise<VersionedReplica> {
  const child: ChildProcess = spawn(process.execPath, ['src/main.ts'], {
    cwd: path.join(folder, 'services', service),
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (part: Buffer) => {
      output = `${output}${part.toString()}`.slice(-4_000);
    });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (hasEnded()) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  await until(
    `${service} of ${folder} has started`,
    async () => {
      if (hasEnded()) return true;
      const response = await fetch(`http://127.0.0.1:${env['HEALTH_PORT']}/health/ready`);
      const { facts } = (await response.json()) as { facts: Record<string, unknown> };
      return !('start' in facts);
    },
    60_000,
  );
  if (hasEnded()) throw new Error(`${service} of ${folder} ended: ${output}`);
  return { stop, [Symbol.asyncDispose]: stop };
}
