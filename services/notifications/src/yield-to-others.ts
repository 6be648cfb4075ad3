import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

const below = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * Gives this process less of a busy processor than others: what it sends can wait, the close of a month that causes it should not. On
 * Linux a priority is that of a thread, and a new thread has that of its parent; those that Node has started already are named here. In a
 * container it holds among its own processes alone: there, the pace of sending yields (`domain/pace.ts`).
 */
export function yieldToOthers(): void {
  setPriority(below);
  for (const thread of threads()) setPriority(thread, below);
}

/** The threads of this process; empty where the system does not list them. */
function threads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [];
  }
}
