import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Answers a parent process that asks for the processor time of this one. */
export function answerProcessorTime(): void {
  process.on('message', (message) => {
    if (message !== 'processor time') return;
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
}

/** Processor time that child processes have used, in microseconds. */
export async function processorTimeOf(children: readonly ChildProcess[]): Promise<number> {
  const times = await Promise.all(
    children.map(async (child) => {
      const answered = once(child, 'message');
      child.send('processor time');
      return Number((await answered)[0]);
    }),
  );
  return times.reduce((sum, time) => sum + time, 0);
}
