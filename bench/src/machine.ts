import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Above this share of all processors, other programs take so much that a ratio means little. */
export const busy = 0.15;

/** The share of all processors that was in use during a second in which this process did nothing, 0 to 1. */
export async function shareInUse(): Promise<number> {
  const before = processorTimes();
  await delay(1_000);
  const after = processorTimes();
  const all = after.all - before.all;
  return all === 0 ? 0 : 1 - (after.idle - before.idle) / all;
}

function processorTimes(): { all: number; idle: number } {
  const times = cpus().map((cpu) => cpu.times);
  return {
    all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
  };
}
