import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A server process that ends with the process that started it. */
export type OwnedProcess = {
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** Sends SIGINT and, after `stopTimeoutMs`, SIGKILL. */
  stop(): Promise<void>;
  /** Sends SIGKILL, which resembles a power cut, but the page cache survives. */
  kill(): Promise<void>;
};

export type OwnedProcessOptions = {
  /** The name in messages: "Postgres", "nats-server". */
  name: string;
  /** A command put before `command` that changes the user of the server. */
  launcher?: readonly string[];
  command: readonly string[];
  logFile: string;
  /** The file that records the process, so that the next start finds a server left running after a crash. */
  recordFile: string;
  env?: Record<string, string>;
  /** By default 20,000. */
  stopTimeoutMs?: number;
};

type Mark = { pid: number; startedAt: string };
type ProcessRecord = { child: Mark; owner: Mark };

const running = new Set<ChildProcess>();
let isExitHooked = false;
let deathSignalPrefix: readonly string[] | undefined;

/**
 * Starts a server in its own process group, so that Ctrl-C in the terminal reaches only this process and the servers stop last.
 * On Linux the kernel ends the server when this process dies; elsewhere the next start ends it, by the record file.
 * @throws when the program cannot be started, or another living process runs the same server
 */
export async function startOwnedProcess(options: OwnedProcessOptions): Promise<OwnedProcess> {
  await endLeftover({ name: options.name, recordFile: options.recordFile });
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'w', 0o600);
  // The death signal is set last, because a change of user would reset it.
  const [command = '', ...args] = [...(options.launcher ?? []), ...endsWithParent(), ...options.command];
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.env },
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const spawnFailure = await new Promise<Error | undefined>((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', resolve);
  });
  if (spawnFailure) throw new Error(`${options.name} could not be started: ${command}`, { cause: spawnFailure });
  record(child, options.recordFile, ended);
  return ownedProcess(child, ended, options.stopTimeoutMs ?? 20_000);
}

/**
 * Ends a server left running by a crashed owner.
 * @throws when its owner is alive
 */
export async function endLeftover({ name, recordFile }: { name: string; recordFile: string }): Promise<void> {
  const record = readRecord(recordFile);
  if (!record) return;
  if (isAlive(record.child)) {
    if (isAlive(record.owner)) {
      const folder = path.dirname(recordFile);
      throw new Error(
        `${name} in ${folder} is already in use by process ${record.owner.pid}; stop that one first, or use another folder.`,
      );
    }
    process.kill(record.child.pid, 'SIGINT');
    if (!(await endsWithin(record.child, 10_000))) {
      process.kill(record.child.pid, 'SIGKILL');
      await endsWithin(record.child, 5_000);
    }
  }
  rmSync(recordFile, { force: true });
}

/** The last lines of a log file, for error messages. */
export function logTail(logFile: string, lines = 12): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

function ownedProcess(child: ChildProcess, ended: Promise<void>, stopTimeoutMs: number): OwnedProcess {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    ended,
    hasEnded,
    async stop() {
      if (hasEnded()) return;
      child.kill('SIGINT');
      const force = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(force);
    },
    async kill() {
      if (hasEnded()) return;
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function record(child: ChildProcess, recordFile: string, ended: Promise<void>): void {
  const marks = { child: mark(child.pid ?? 0), owner: mark(process.pid) };
  writeFileSync(recordFile, JSON.stringify(marks), { mode: 0o600 });
  running.add(child);
  void ended.then(() => {
    running.delete(child);
    rmSync(recordFile, { force: true });
  });
  if (isExitHooked) return;
  isExitHooked = true;
  process.on('exit', () => {
    for (const one of running) one.kill('SIGINT');
  });
}

/** The prefix `setpriv --pdeathsig` makes the kernel signal the server when this process dies, even by SIGKILL. Linux only. */
function endsWithParent(): readonly string[] {
  if (deathSignalPrefix) return deathSignalPrefix;
  const prefix = ['setpriv', '--pdeathsig', 'INT', '--'];
  const isOffered = process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'INT', 'true']).status === 0;
  deathSignalPrefix = isOffered ? prefix : [];
  return deathSignalPrefix;
}

function readRecord(recordFile: string): ProcessRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile, 'utf8')) as ProcessRecord;
    return record.child.pid > 0 && record.owner.pid > 0 ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Identifies a process by its pid and start time, because the system may give the pid to another process later. */
function mark(pid: number): Mark {
  return { pid, startedAt: startTime(pid) ?? '' };
}

function isAlive({ pid, startedAt }: Mark): boolean {
  const now = startTime(pid);
  return now !== undefined && now === startedAt;
}

function startTime(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // Fields are counted after the last ')', because the command name may hold blanks: state is 0, the start time 19.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

async function endsWithin(process: Mark, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (!isAlive(process)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return !isAlive(process);
}
