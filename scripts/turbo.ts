import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';

/** One task of a run: `//#types` is the root's, `@arcadia/drift#test` a package's. */
export type TaskResult = { id: string; passed: boolean; fromCache: boolean; seconds: number };
export type TaskLine = { task: string; text: string };

type TurboTask = {
  taskId: string;
  command: string;
  cache: { status: 'HIT' | 'MISS' };
  execution?: { startTime: number; endTime: number; exitCode?: number };
};

/** Nothing leaves the machine and nothing stays running: no telemetry, no remote cache, no look for updates, no daemon. */
const turboEnvironment = {
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  TURBO_DAEMON: 'false',
  TURBO_CACHE: 'local:rw',
};

const withoutCommand = '<NONEXISTENT>';

/** The tasks that a run would execute, because nothing in the cache has their inputs. */
export async function tasksToRun(root: string, names: readonly string[], flags: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const code = await runTurbo(root, [...names, ...flags, '--dry=json'], (line) => lines.push(line));
  if (code !== 0) throw new Error(`turbo could not plan the run:\n${lines.join('\n')}`);
  const { tasks } = JSON.parse(lines.join('\n')) as { tasks: TurboTask[] };
  const isForced = flags.includes('--force');
  return tasks
    .filter(({ command, cache }) => command !== withoutCommand && (isForced || cache.status === 'MISS'))
    .map(({ taskId }) => taskId);
}

/** Runs the tasks, each as soon as those it depends on are done; one that fails stops no other. */
export async function runTasks(
  root: string,
  names: readonly string[],
  flags: readonly string[],
  onLine: (line: TaskLine) => void,
): Promise<TaskResult[]> {
  let summary: string | undefined;
  const own: string[] = [];
  await runTurbo(root, [...names, ...flags, '--json', '--summarize', '--continue=always'], (line) => {
    const { source, text } = parseLine(line);
    if (source !== 'turbo') return onLine({ task: source, text });
    own.push(text);
    summary ??= /^Summary:\s+(\S.*\.json)$/.exec(text.trim())?.[1];
  });
  if (!summary) throw new Error(`turbo ended without a summary:\n${own.join('\n')}`);
  const { tasks } = JSON.parse(readFileSync(summary, 'utf8')) as { tasks: TurboTask[] };
  rmSync(summary, { force: true });
  return tasks.filter(({ command }) => command !== withoutCommand).map(resultOf);
}

function resultOf({ taskId, cache, execution }: TurboTask): TaskResult {
  return {
    id: taskId,
    passed: execution?.exitCode === 0,
    fromCache: cache.status === 'HIT',
    seconds: execution ? (execution.endTime - execution.startTime) / 1000 : 0,
  };
}

function parseLine(line: string): { source: string; text: string } {
  if (!line.startsWith('{')) return { source: 'turbo', text: line };
  return JSON.parse(line) as { source: string; text: string };
}

function runTurbo(root: string, args: readonly string[], onLine: (line: string) => void): Promise<number> {
  // Tests wait for servers much of their time, so two packages at once fill two cores; more would only crowd them.
  const concurrency = `--concurrency=${Math.max(2, availableParallelism())}`;
  const child = spawn('turbo', ['run', concurrency, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...turboEnvironment },
  });
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', onLine);
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new Error(`turbo could not be started: ${cause.message}`, { cause })));
    child.on('close', (code) => {
      if (code !== 0 && args.includes('--dry=json')) for (const line of errors) onLine(line);
      resolve(code ?? 1);
    });
  });
}
