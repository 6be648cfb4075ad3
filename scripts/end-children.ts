import { spawnSync } from 'node:child_process';

export type ProcessRow = { pid: number; parent: number; startedAt: string; command: string };

/** Every process on the machine, from its process table. */
export function processTable(): ProcessRow[] {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,lstart=,args='], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const row = /^\s*(?<pid>\d+)\s+(?<parent>\d+)\s+(?<state>\S+)\s+(?<startedAt>(?:\S+\s+){4}\d{4})\s+(?<command>.*)$/;
  return (stdout ?? '').split('\n').flatMap((line) => {
    const { pid, parent, state = '', startedAt = '', command = '' } = row.exec(line)?.groups ?? {};
    // An ended process stays in the table until its parent has asked for its exit code.
    return pid === undefined || state.startsWith('Z')
      ? []
      : [{ pid: Number(pid), parent: Number(parent), startedAt, command }];
  });
}

/** The children of a process, theirs, and so on; without the process itself. */
export function descendantsOf(pid: number, table: readonly ProcessRow[] = processTable()): ProcessRow[] {
  const children = table.filter((row) => row.parent === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid, table)]);
}

/**
 * Interrupts all processes that this one has started, directly or not, and ends those by force that are still there after
 * `graceMs`. A process whose parent ended first is still known from before.
 */
export async function endDescendants({ graceMs }: { graceMs: number }): Promise<void> {
  const known = new Map<number, ProcessRow>();
  const interrupted = new Set<number>();
  for (const deadline = Date.now() + graceMs; Date.now() < deadline + 2_000; ) {
    const table = processTable();
    for (const root of [process.pid, ...known.keys()]) {
      for (const row of descendantsOf(root, table)) known.set(row.pid, row);
    }
    const alive = table.filter(
      ({ pid, startedAt, command }) => known.get(pid)?.startedAt === startedAt && !command.startsWith('ps -A'),
    );
    if (alive.length === 0) return;
    for (const { pid } of alive) {
      // SIGINT also for a SIGTERM of ours: to Postgres that one means to wait for its clients.
      if (Date.now() > deadline) send(pid, 'SIGKILL');
      else if (!interrupted.has(pid)) send(pid, 'SIGINT');
      interrupted.add(pid);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
