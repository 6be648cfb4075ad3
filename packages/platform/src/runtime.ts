import type { ServiceName } from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import type { Activity } from './activity.ts';
import type { ServiceContext } from './definition.ts';
import type { Metrics } from './metrics.ts';
import type { Bus } from './nats.ts';
import type { Speaker } from './transaction.ts';

/** What the parts of a running service share. */
export type Runtime<DB, Config> = {
  name: ServiceName;
  db: Kysely<DB>;
  bus: Bus;
  ctx: ServiceContext<DB, Config>;
  speaker: Speaker;
  metrics: Metrics;
  activity: Activity;
};
