import { randomUUID } from 'node:crypto';
import { billingIngest, invoicing, isRefusal, type Refusal, serviceActor } from '@arcadia/contracts';
import type { JobRun, StreamedReply } from '@arcadia/platform';
import { type BucketAccess, BucketRefused, bucketAt } from '../clients/bucket.ts';
import { type PinnedAgents, pinnedAgents } from '../clients/pinned-agents.ts';
import { networksOf } from '../clients/public-address.ts';
import { putObject } from '../clients/put-object.ts';
import type { Context } from '../context.ts';
import { judgeUpload } from '../domain/judge-upload.ts';
import { enqueueNext } from '../notifications/enqueue-next.ts';
import { runAttempts } from '../notifications/run-attempts.ts';
import { open } from '../notifications/sealing.ts';
import { sharedPace } from '../notifications/shared-pace.ts';
import { type ClaimedRun, claimRuns, nextRunDue, renewRun } from '../store/claim-runs.ts';
import type { SettledRun } from '../store/settle-runs.ts';
import { keyOfMonth } from './manage-exports.ts';
import { settleAttempts } from './settle-attempts.ts';
import { startDueExports } from './start-runs.ts';

/** Uploads in progress in one run; each holds one part of 5 MiB in memory. */
const mostInProgress = 6;
/** A lease is renewed each third of its length, in milliseconds. */
const leaseMs = 90_000;
/** The longest that one attempt may take, in milliseconds. */
const longestMs = 60 * 60_000;
/** How long another service may take to begin its answer, in milliseconds. */
const deadlineMs = 30_000;

const actor = serviceActor('notifications');
const mediaTypes = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' } as const;

/**
 * Starts the exports whose schedule is due, and puts all that is due into its bucket. A run whose worker dies is due again at the end of
 * its lease. Ends when nothing is due, and enqueues itself for the time of the next attempt.
 */
export async function runExports({ signal }: Pick<JobRun<object>, 'signal'>, ctx: Context): Promise<void> {
  await startDueExports(ctx);
  const { allowsLoopback, dnsServers, exportNetworks, exportTimeoutMs: timeoutMs } = ctx.config;
  const agents = {
    tenants: pinnedAgents({ allowsLoopback, dnsServers, timeoutMs }),
    operator: pinnedAgents({ allowsLoopback, dnsServers, timeoutMs, networks: networksOf(exportNetworks) }),
  };
  const lease = randomUUID();
  const untilLeaseEnds = () => ctx.clock.now().add({ milliseconds: leaseMs });
  try {
    await runAttempts(
      {
        name: 'export',
        mostInProgress,
        pace: sharedPace(ctx.config, { name: 'export', perSecond: mostInProgress }),
        claim: (most) => claimRuns(ctx.db, { most, lease, now: ctx.clock.now(), until: untilLeaseEnds() }),
        attempt: (run: ClaimedRun) =>
          attemptToPut(ctx, run, {
            ...{ lease, signal, untilLeaseEnds },
            agents: run.tenant_id === null ? agents.operator : agents.tenants,
          }),
        settle: (ended: SettledRun[]) => settleAttempts(ctx, ended, lease),
      },
      signal,
    );
  } finally {
    agents.tenants.close();
    agents.operator.close();
  }
  await enqueueNext(ctx, 'run-exports', await nextRunDue(ctx.db));
}

type Attempting = { lease: string; signal: AbortSignal; agents: PinnedAgents; untilLeaseEnds(): Temporal.Instant };

async function attemptToPut(ctx: Context, run: ClaimedRun, attempting: Attempting): Promise<SettledRun> {
  const attemptedAt = ctx.clock.now();
  const startedMs = performance.now();
  const put = await putRun(ctx, run, attempting);
  const { outcome, nextInMs } = judgeUpload(put.error, run.tries + 1, Math.random());
  const waitMs = put.isStopped ? 0 : nextInMs;
  return {
    runId: run.run_id,
    objectKey: keyOfMonth(run, run.period),
    state: outcome === 'retry' ? 'pending' : outcome,
    dueAt: waitMs === null ? null : ctx.clock.now().add({ milliseconds: waitMs }).toString(),
    attemptedAt: attemptedAt.toString(),
    durationMs: Math.round(performance.now() - startedMs),
    ...put,
  };
}

type Put = Pick<SettledRun, 'bytes' | 'uploadId' | 'status' | 'error' | 'isStopped'>;

/** Puts the file of a run into its bucket while it is read. Never throws: a failure is part of the result. */
async function putRun(
  ctx: Context,
  run: ClaimedRun,
  { lease, signal, agents, untilLeaseEnds }: Attempting,
): Promise<Put> {
  const lost = new AbortController();
  let uploadId = run.upload_id;
  const renew = async () => {
    const isHeld = await renewRun(ctx.db, { runId: run.run_id, lease, until: untilLeaseEnds(), uploadId });
    if (!isHeld) lost.abort(new Error('another attempt has taken its place'));
  };
  // The lease has time left while the database cannot be reached.
  const heartbeat = setInterval(() => void renew().catch(() => undefined), leaseMs / 3);
  const ending = AbortSignal.any([signal, lost.signal, AbortSignal.timeout(longestMs)]);
  try {
    const access: BucketAccess = {
      endpointUrl: run.endpoint_url,
      ...{ region: run.region, bucket: run.bucket, accessKey: run.access_key },
      secretKey: open(run.sealed, ctx.config.keys),
    };
    const file = await fileOf(ctx, run);
    if (isRefusal(file)) throw new Error(`the dataset was refused: ${file.detail}`);
    const bytes = await putObject(
      bucketAt(access, agents, ctx.config.exportTimeoutMs),
      {
        key: keyOfMonth(run, run.period),
        mediaType: mediaTypes[run.format],
        chunks: file.chunks,
        formerUpload: uploadId,
        onUpload: async (begun) => {
          uploadId = begun;
          await renew();
        },
      },
      ending,
    );
    return { bytes, uploadId: null, status: 200, error: null, isStopped: false };
  } catch (error) {
    const reason = signal.aborted ? 'the service was stopped' : lost.signal.aborted ? lost.signal.reason : error;
    const text = reason instanceof Error ? reason.message : String(reason);
    const status = error instanceof BucketRefused ? error.status : null;
    if (!(error instanceof BucketRefused))
      ctx.log.warn({ err: error, run: run.run_id }, 'an export failed; it will be tried again');
    return { bytes: null, uploadId, status, error: text.slice(0, 500), isStopped: signal.aborted };
  } finally {
    clearInterval(heartbeat);
  }
}

/** The dataset of a run as a file: a tenant's own rows, or all of them. */
function fileOf(ctx: Context, { dataset, format, tenant_id, period }: ClaimedRun): Promise<StreamedReply | Refusal> {
  const sending = { actor, deadlineMs };
  const input = { period, ...(tenant_id === null ? {} : { tenant_id }) };
  if (dataset === 'charges')
    return format === 'csv'
      ? ctx.requestStream(invoicing.exportFocusCharges, input, sending)
      : ctx.requestStream(invoicing.exportFocusChargesParquet, input, sending);
  return format === 'csv'
    ? ctx.requestStream(billingIngest.exportFocusCosts, input, sending)
    : ctx.requestStream(billingIngest.exportFocusCostsParquet, input, sending);
}
