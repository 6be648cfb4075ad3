import type { NatsUser } from '@arcadia/local-infrastructure';
import { startInfra } from './infrastructure.ts';
import type { TestNats, TestPostgres } from './test-servers.ts';

/**
 * Starts a nats-server with JetStream for one test; it is stopped at the end of the scope. `users` adds logins; `durable` makes
 * it fsync before each acknowledgement, for tests that kill it.
 */
export async function throwawayNats(
  options: { users?: readonly NatsUser[]; durable?: boolean } = {},
): Promise<TestNats & AsyncDisposable> {
  const infra = await startInfra();
  const nats = await infra.nats(options);
  return { ...nats, [Symbol.asyncDispose]: () => nats.stop() };
}

/** Starts a Postgres for one test that crashes it; other tests share the run's Postgres through `throwawayDatabase`. */
export async function throwawayPostgres(): Promise<TestPostgres & AsyncDisposable> {
  const infra = await startInfra();
  const postgres = await infra.postgres();
  return { ...postgres, [Symbol.asyncDispose]: () => postgres.stop() };
}
