import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createLog, startService } from '@arcadia/platform';
import { service } from '../src/index.ts';

/**
 * What Node takes for its heap of the 512 MiB that a service has where it is deployed (`mem_limit` of compose, `limits.memory` of the chart), in MiB.
 * On a machine with more memory it collects garbage later, and memory is then no measure of what an export holds.
 */
const heapMib = 256;

/** Invoicing as a process of its own with the memory of its container, for tests that measure its memory. */
export async function forkInvoicing(env: Record<string, string>) {
  const child = fork(import.meta.filename, {
    env: { PATH: process.env['PATH'], ...env },
    execArgv: [`--max-old-space-size=${heapMib}`],
  });
  const ended = once(child, 'exit');
  await Promise.race([once(child, 'message'), ended]);
  if (child.pid === undefined || child.exitCode !== null) throw new Error('invoicing did not start');
  return {
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const log = createLog({ name: 'invoicing', level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const running = await startService(service, { env: process.env, log, scheduler: false });
  process.send?.('ready');
  process.once('SIGTERM', () => void running.stop().then(() => process.exit(0)));
  process.once('disconnect', () => process.exit(0));
}
