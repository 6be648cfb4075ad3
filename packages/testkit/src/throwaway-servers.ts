import type { NatsUser } from '@arcadia/local-infrastructure';
import { startInfra, type TestNats, type TestPostgres } from './infrastructure.ts';

/**
 * A nats-server with JetStream of this test's own, gone at the end of the scope. `users` gives it logins; `durable` has it
 * fsync before each acknowledgement, for tests that kill it.
 */
export async function throwawayNats(
  options: { users?: readonly NatsUser[]; durable?: boolean } = {},
): Promise<TestNats & AsyncDisposable> {
  const infra = await startInfra();
  const nats = await infra.nats(options);
  return { ...nats, [Symbol.asyncDispose]: () => nats.stop() };
}

/** A Postgres of this test's own, for tests that crash it; others share the run's one through `throwawayDatabase`. */
export async function throwawayPostgres(): Promise<TestPostgres & AsyncDisposable> {
  const infra = await startInfra();
  const postgres = await infra.postgres();
  return { ...postgres, [Symbol.asyncDispose]: () => postgres.stop() };
}
