import type { NatsUser } from '@arcadia/local-infrastructure';
import { connectBus, createLog, installStreams } from '@arcadia/platform';
import { startInfra } from './infrastructure.ts';
import type { TestNats, TestPostgres } from './test-servers.ts';

/**
 * Starts a nats-server with JetStream and all streams for one test; it is stopped at the end of the scope. `users` adds logins, and
 * the test then installs the streams itself; `durable` makes the server fsync before each acknowledgement, for tests that kill it.
 */
export async function throwawayNats(
  options: { users?: readonly NatsUser[]; durable?: boolean } = {},
): Promise<TestNats & AsyncDisposable> {
  const infra = await startInfra();
  const nats = await infra.nats(options);
  if (options.users === undefined) await installAt(nats.url);
  return { ...nats, [Symbol.asyncDispose]: () => nats.stop() };
}

/** Creates the streams of all services on a server without logins, as the installer would. */
export async function installAt(url: string): Promise<void> {
  const log = createLog({ name: 'installer', level: 'silent' });
  const bus = await connectBus({ servers: [url] }, { name: 'installer', log });
  try {
    await installStreams(bus, { retentionDays: 400, replicas: 1 });
  } finally {
    await bus.close();
  }
}

/** Starts a Postgres for one test that crashes it; other tests share the run's Postgres through `throwawayDatabase`. */
export async function throwawayPostgres(): Promise<TestPostgres & AsyncDisposable> {
  const infra = await startInfra();
  const postgres = await infra.postgres();
  return { ...postgres, [Symbol.asyncDispose]: () => postgres.stop() };
}
