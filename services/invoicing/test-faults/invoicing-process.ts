import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createLog, startService } from '@arcadia/platform';
import { service } from '../src/index.ts';

/** Invoicing as a process of its own, for tests that measure its memory. */
export async function forkInvoicing(env: Record<string, string>) {
  const child = fork(import.meta.filename, { env: { PATH: process.env['PATH'], ...env }, execArgv: [] });
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
