import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A server we started, which never outlives us. */
export type OwnedProcess = {
  readonly pid: number;
  /** Settles when the process has ended, whoever ended it. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** Asks it to end, and after `stopTimeoutMs` makes it. */
  stop(): Promise<void>;
  /** SIGKILL: what a power cut looks like to the process (the page cache survives). */
  kill(): Promise<void>;
};

export type OwnedProcessOptions = {
  /** For messages: "Postgres", "nats-server". */
  name: string;
  /** What changes the identity the server runs under, put before it. */
  launcher?: readonly string[];
  command: readonly string[];
  logFile: string;
  /** Remembers the process, so that the next start finds what a crash left behind. */
  recordFile: string;
  env?: Record<string, string>;
  stopTimeoutMs?: number;
};

type Mark = { pid: number; startedAt: string };
type ProcessRecord = { child: Mark; owner: Mark };

const running = new Set<ChildProcess>();
let isExitHooked = false;
let deathSignalPrefix: readonly string[] | undefined;

/**
 * Starts a server in its own process group, so that Ctrl-C in the terminal reaches only us and the servers stop last.
 * Where the system offers it, the kernel ends the server when we die; elsewhere the record file lets the next start do so.
 */
export async function startOwnedProcess(options: OwnedProcessOptions): Promise<OwnedProcess> {
  await endLeftover({ name: options.name, recordFile: options.recordFile });
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'w', 0o600);
  // Innermost, because a change of identity would undo it.
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
  remember(child, options.recordFile, ended);
  return ownedProcess(child, ended, options.stopTimeoutMs ?? 20_000);
}

/** Ends what a crashed owner left running; refuses when the owner is alive. */
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

/** The end of a log file, for error messages. */
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

function remember(child: ChildProcess, recordFile: string, ended: Promise<void>): void {
  const record = { child: mark(child.pid ?? 0), owner: mark(process.pid) };
  writeFileSync(recordFile, JSON.stringify(record), { mode: 0o600 });
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

/** `setpriv --pdeathsig` has the kernel signal the server when this process dies, even by SIGKILL. Linux only. */
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

/** A pid alone may have been given to another process since; together with its start time it is unique. */
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
