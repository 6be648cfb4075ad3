import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createLog, startService } from '@arcadia/platform';
import { service } from '../src/index.ts';

/** A replica in its own process, for tests that kill it. */
export async function forkReplica(env: Record<string, string>) {
  const child = fork(import.meta.filename, [], { env: { PATH: process.env['PATH'], ...env }, execArgv: [] });
  const ended = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  await Promise.race([once(child, 'message'), ended]);
  return {
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const log = createLog({ name: service.name, level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  await startService(service, { env: process.env, log, scheduler: false });
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
}
