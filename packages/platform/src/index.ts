export type { Migration } from 'kysely/migration';
export { ask, askStream } from './ask.ts';
export { type Clock, type PlayedClock, playedClock, systemClock } from './clock.ts';
export * from './config.ts';
export type { DeadLetter } from './dead-letter.ts';
export {
  dismissDeadLetter,
  listDeadLetters,
  requeueDeadLetter,
  type StoredDeadLetter,
  showDeadLetter,
} from './dead-letters.ts';
export * from './declare.ts';
export type * from './definition.ts';
export { armFailpoints, FailpointError, failpoint, observeFailpoints } from './failpoints.ts';
export type { ServiceHealth } from './health.ts';
export { type HealthServer, startHealthServer } from './health-server.ts';
export { createLog, errorText, type Logger, redactText } from './log.ts';
export { encodeEvent, maxMessageBytes, messageHeaders, messageId, OversizedError } from './message.ts';
export { migrate } from './migrate.ts';
export { type Bus, connectBus } from './nats.ts';
export { cutPage, decodeCursor, encodeCursor, pageInput, pageOutput } from './page.ts';
export { dropMonthPartitions, ensureMonthPartitions, ensureMonthPartitionsBetween } from './partitions.ts';
export {
  createDatabase,
  createPool,
  instantText,
  isInfrastructureError,
  isRetryable,
  sessionConfig,
  steady,
  textLines,
} from './postgres.ts';
export { type Outgoing, PublishRefused, publishInOrder, UnknownOutcome } from './publish.ts';
export { untilQuiet } from './quiet.ts';
export { type PlatformRefusal, ServiceFailed, ServiceUnavailable } from './request-wire.ts';
export { runService } from './run-service.ts';
export { ticksBetween } from './schedule.ts';
export { type RunningService, type StartOptions, startService } from './service.ts';
export { ensureStream } from './streams.ts';
export { tokenLedger } from './token-budgets.ts';
export { awaitJob, JobFailed, streamOf, type TriggerOptions, triggerJob } from './trigger.ts';
