import { readFileSync } from 'node:fs';
import type { ProcessorUse } from '../domain/pace.ts';

/** Linux counts both for the main thread, in nanoseconds, also in a container, and whatever the priority (proc_pid_schedstat). */
const linuxFile = '/proc/self/schedstat';
let isLinux = process.platform === 'linux';

/** The use of processors by the main thread so far. */
export function processorUse(): ProcessorUse {
  if (!isLinux) return useByEventLoop();
  try {
    const [used, waited] = readFileSync(linuxFile, 'utf8').split(' ');
    return { usedMs: Number(used) / 1e6, waitedMs: Number(waited) / 1e6 };
  } catch {
    isLinux = false;
    return useByEventLoop();
  }
}

/**
 * The same where the system does not count it: the wait is the time in which the event loop had work and the thread no processor. Waits
 * before it wakes are not seen. It counts from another instant than the use, so only its growth means something.
 */
export function useByEventLoop(): ProcessorUse {
  const { user, system } = process.threadCpuUsage();
  const usedMs = (user + system) / 1_000;
  return { usedMs, waitedMs: performance.eventLoopUtilization().active - usedMs };
}
