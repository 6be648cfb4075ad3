export type { Migration } from 'kysely/migration';
export { compressJson, decompressJson } from './bus/compressed-json.ts';
export { joinDivided, OversizedError } from './bus/divide.ts';
export { installStreams, type StreamSettings } from './bus/install-streams.ts';
export { encodeEvent, maxMessageBytes, messageHeaders, messageId } from './bus/message.ts';
export { type Bus, connectBus } from './bus/nats.ts';
export { type Outgoing, PublishRefused, publishInOrder, UnknownOutcome } from './bus/publish.ts';
export { type BusRights, busRights, durablesOf, installerRights, operatorRights } from './bus/rights.ts';
export {
  dismissDeadLetter,
  listDeadLetters,
  requeueDeadLetter,
  showDeadLetter,
} from './consumers/dead-letters.ts';
export type { DeadLetter, StoredDeadLetter } from './consumers/letter.ts';
export { failedRuns } from './jobs/job-runs.ts';
export { NotDueYet } from './jobs/not-due-yet.ts';
export { ticksBetween } from './jobs/schedule.ts';
export { awaitJob, JobFailed, streamOf, type TriggerOptions, triggerJob } from './jobs/trigger.ts';
export { type Clock, type PlayedClock, playedClock, systemClock } from './kernel/clock.ts';
export * from './kernel/config.ts';
export * from './kernel/declare.ts';
export type * from './kernel/definition.ts';
export { armFailpoints, FailpointError, failpoint, observeFailpoints } from './kernel/failpoints.ts';
export { Conflict, isInfrastructureError, isRetryable } from './kernel/infrastructure-errors.ts';
export type * from './kernel/job-run.ts';
export { createLog, errorText, type Logger, redactText } from './kernel/log.ts';
export { installerVariables, parseInstallerConfig, platformVariables, wholeNumber } from './kernel/platform-config.ts';
export { requestSignerOf } from './kernel/request-keys.ts';
export { traceparentShape } from './kernel/tracing.ts';
export { migrate } from './postgres/migrate.ts';
export {
  cutPage,
  decodeCursor,
  encodeCursor,
  invalidCursor,
  pageInput,
  pageOutput,
  readCursor,
} from './postgres/page.ts';
export { dropMonthPartitions, ensureMonthPartitions, ensureMonthPartitionsBetween } from './postgres/partitions.ts';
export { platformMigrations } from './postgres/platform-migrations.ts';
export { createDatabase, createPool, instantText, sessionConfig, textLines } from './postgres/postgres.ts';
export { steady, unawaited } from './postgres/session-client.ts';
export { readSorting, type SortColumn, type Sorting, sortCursor, sortedBy } from './postgres/sort.ts';
export { together } from './postgres/together.ts';
export { type NewestTable, upsertNewest } from './postgres/upsert-newest.ts';
export { publicTextOf } from './requests/actor-keys.ts';
export { countedAtMost } from './requests/count-rows.ts';
export { type CsvCell, csvChunks, csvText } from './requests/csv.ts';
export { boundCursor } from './requests/pages.ts';
export { refuseStale } from './requests/precondition.ts';
export { sendRequest, sendStreamRequest } from './requests/request.ts';
export type { RequestSigner } from './requests/request-signature.ts';
export { type PlatformRefusal, ServiceBusy, ServiceFailed, ServiceUnavailable } from './requests/request-wire.ts';
export type { ServiceHealth } from './service/health.ts';
export { type HealthServer, startHealthServer } from './service/health-server.ts';
export { type RunningInstaller, startInstaller } from './service/installer.ts';
export { untilQuiet } from './service/quiet.ts';
export { remedies } from './service/remedies.ts';
export { runInstaller, runService } from './service/run-service.ts';
export { type RunningService, type StartOptions, startService } from './service/service.ts';
