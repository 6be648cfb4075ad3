/**
 * Points in the code where a test may end or break the process. `ARCADIA_FAILPOINTS=relay.after-publish=kill,consumer.after-commit=throw@3`
 * kills the process (SIGKILL) at the first hit of the one and throws at the third hit of the other. Without the variable nothing happens.
 */
type Action = 'kill' | 'throw';
type Armed = { action: Action; atHit: number; hits: number };

let armed: Map<string, Armed> | null = readArmed(process.env.ARCADIA_FAILPOINTS);
let observer: ((name: string) => void | Promise<void>) | null = null;

export class FailpointError extends Error {
  override name = 'FailpointError';
}

/** Marks a failpoint. Does nothing unless a test armed it or observes it. */
export async function failpoint(name: string): Promise<void> {
  if (observer !== null) await observer(name);
  const point = armed?.get(name);
  if (point === undefined) return;
  point.hits += 1;
  if (point.hits !== point.atHit) return;
  if (point.action === 'kill') process.kill(process.pid, 'SIGKILL');
  throw new FailpointError(`failpoint ${name}`);
}

/** For tests only: arms failpoints in this process; an empty text disarms all. */
export function armFailpoints(text: string): void {
  armed = readArmed(text);
}

/** For tests only: calls `callback` at every failpoint; it may throw, or hold the code there until its promise resolves. */
export function observeFailpoints(callback: ((name: string) => void | Promise<void>) | null): void {
  observer = callback;
}

function readArmed(text: string | undefined): Map<string, Armed> | null {
  if (!text) return null;
  const points = new Map<string, Armed>();
  for (const entry of text.split(',')) {
    const [name, rest = 'kill'] = entry.trim().split('=');
    const [action, hit = '1'] = rest.split('@');
    if (name) points.set(name, { action: action === 'throw' ? 'throw' : 'kill', atHit: Number(hit), hits: 0 });
  }
  return points;
}
