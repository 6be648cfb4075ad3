import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createLog, type ServiceDefinition, startService } from '@arcadia/platform';
import { depot } from './depot-service.ts';
import { shop, till } from './echo-service.ts';

const services = { shop, till, depot };

/**
 * One of the services as a separate process, for tests that kill it. `env` holds the URLs of its servers and the armed
 * failpoints.
 */
export type ServiceProcess = {
  /** Resolves when the service is ready. */
  ready: Promise<void>;
  /** Resolves with the signal that ended the process, null for a normal exit. */
  ended: Promise<NodeJS.Signals | null>;
  /** The health fact of its clock. */
  clockFact(): Promise<unknown>;
  kill(): void;
};

export function forkService(name: keyof typeof services, env: Record<string, string>): ServiceProcess {
  const child = fork(import.meta.filename, [name], { env: { PATH: process.env['PATH'], ...env }, execArgv: [] });
  const ended = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const ready = once(child, 'message').then(() => undefined);
  return {
    ready: Promise.race([ready, ended.then(() => undefined)]),
    ended,
    async clockFact() {
      child.send('clock');
      const [fact] = await once(child, 'message');
      return fact;
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** Sets the clock of this process ahead by `ms`, as a machine's clock that is wrong; the monotonic clock stays. */
function skewClock(ms: number): void {
  const realNow = Date.now;
  const realInstant = Temporal.Now.instant;
  Date.now = () => realNow() + ms;
  Temporal.Now.instant = () => realInstant().add({ milliseconds: ms });
}

if (process.argv[1] === import.meta.filename) {
  const name = process.argv[2] as keyof typeof services;
  const definition = services[name] as unknown as ServiceDefinition<unknown, unknown>;
  const log = createLog({ name: definition.name, level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  if (process.env['SKEW_MS'] !== undefined) skewClock(Number(process.env['SKEW_MS']));
  const service = await startService(definition, {
    env: process.env,
    log,
    scheduler: process.env['SCHEDULER'] === 'on',
  });
  process.on('message', () => void service.health().then(({ facts }) => process.send?.(facts['clock'])));
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
}
