export { type CollectedSpan, startCollector } from './collector.ts';
export { createTenants } from './create-tenants.ts';
export { deploymentChangeOf } from './deployment-change.ts';
export { eventually } from './eventually.ts';
export { type FakeClock, fakeClock } from './fake-clock.ts';
export { startInfra } from './infrastructure.ts';
export {
  type OlderDatabase,
  readOlderDatabase,
  restoreDatabase,
} from './older-database.ts';
export { throwawayPostgresPair } from './postgres-pair.ts';
export { openRaw, type RawAnswer, type RawConnection } from './raw-http.ts';
export { dumpSchema } from './schema-dump.ts';
export { describeSchema, restoreOlder } from './schema-tests.ts';
export {
  askService,
  type PublishedEvent,
  type PublishOptions,
  publishEvent,
  publishedEvents,
  publishRaw,
  readRows,
  startTestService,
  type TestService,
  testEnv,
} from './service-harness.ts';
export { sharedPostgresUrl } from './shared-postgres.ts';
export { tableRows } from './table-rows.ts';
export { testActorVariables } from './test-actor-keys.ts';
export type { Infra, TestNats, TestPostgres } from './test-servers.ts';
export { type ThrowawayDatabase, throwawayDatabase } from './throwaway-database.ts';
export { installAt, throwawayNats, throwawayPostgres } from './throwaway-servers.ts';
