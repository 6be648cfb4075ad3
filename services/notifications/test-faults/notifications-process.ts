import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createLog, startService } from '@arcadia/platform';
import { service } from '../src/index.ts';

/** Notifications as a process of its own, for tests that kill it; `env` names the armed failpoints. */
export function forkNotifications(env: Record<string, string>) {
  const child = fork(import.meta.filename, { env: { PATH: process.env['PATH'], ...env }, execArgv: [] });
  const ended = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const ready = once(child, 'message').then(() => undefined);
  return {
    ready: Promise.race([ready, ended.then(() => undefined)]),
    ended,
    kill: () => child.kill('SIGKILL'),
  };
}

if (process.argv[1] === import.meta.filename) {
  const log = createLog({ name: 'notifications', level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  await startService(service, { env: process.env, log, scheduler: false });
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
}
