import type { ServiceName } from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import type { Bus } from './bus/nats.ts';
import type { Activity } from './kernel/activity.ts';
import type { Answer, ServiceContext } from './kernel/definition.ts';
import type { Metrics } from './kernel/metrics.ts';
import type { Tracing } from './kernel/tracing.ts';
import type { Publisher } from './outbox/transaction.ts';

/** The objects that all parts of a running service share. */
export type Runtime<DB, Config> = {
  name: ServiceName;
  db: Kysely<DB>;
  hasDatabase: boolean;
  bus: Bus;
  ctx: ServiceContext<DB, Config>;
  publisher: Publisher;
  metrics: Metrics;
  tracing: Tracing;
  activity: Activity;
  /** The answers to reads, by the name of the request. */
  reads: ReadonlyMap<string, Answer<DB, Config>>;
};
