import { type BucketServer, startBucketServer } from '@arcadia/bucket-stand-in';
import { type Actor, notifications, type RequestOutput } from '@arcadia/contracts';
import { armFailpoints } from '@arcadia/platform';
import { eventually } from '@arcadia/testkit';
import type { z } from 'zod';
import { resetDatasets, startDatasetNeighbours } from './dataset-neighbours.ts';
import { openStage, tenant } from './stage.ts';

type Given = Partial<z.input<typeof notifications.createScheduledExport.input>>;
export type Run = RequestOutput<typeof notifications.getExportRun>;

/** What an export to a bucket of this server needs. */
export const accessTo = (server: BucketServer) => ({
  endpoint_url: server.url,
  region: server.region,
  bucket: 'finops',
  access_key: server.accessKey,
  secret_access_key: server.secretKey,
});

/** The notifications service, its neighbours with datasets, and a service with the bucket `finops` that misbehaves on request. */
export async function openExportStage(env: Record<string, string> = {}) {
  const server = await startBucketServer({ buckets: ['finops'] });
  const stage = await openStage({ EXPORT_TIMEOUT_MS: '1500', ...env });
  const neighbours = await startDatasetNeighbours(stage.nats);
  resetDatasets();
  const runOf = (run_id: string): Promise<Run> => stage.get(notifications.getExportRun, { run_id });
  return {
    stage,
    server,
    runOf,
    /** Makes an export of the tenant acme to the bucket, by default without a schedule. */
    make: (given: Given = {}, actor: Actor = tenant('acme')) =>
      stage.get(notifications.createScheduledExport, { ...accessTo(server), ...given }, actor),
    /** Exports a month and waits until it was attempted this often, or needs no more attempts. */
    async run(made: { export_id: string }, { period = '2026-03', attempts = 1 } = {}): Promise<Run> {
      const { run_id } = await stage.get(notifications.runScheduledExport, { export_id: made.export_id, period });
      return eventually(`attempt ${attempts} is recorded`, async () => {
        const run = await runOf(run_id);
        return run.attempts >= attempts || run.status !== 'pending' ? run : null;
      });
    },
    /** Lets time pass and does what is due. */
    async passed(given: { minutes: number }) {
      stage.clock.advance(given);
      await stage.running.runJob('run-exports', stage.clock.now());
      await stage.running.settled();
    },
    /** Ends what a test has changed. */
    async reset() {
      armFailpoints('');
      server.behave(null);
      resetDatasets();
      server.requests.length = 0;
      for (const { export_id } of (await stage.get(notifications.listScheduledExports, { limit: 200 })).items)
        await stage.get(notifications.deleteScheduledExport, { export_id });
      await stage.running.settled();
    },
    [Symbol.asyncDispose]: async () => {
      await neighbours[Symbol.asyncDispose]();
      await stage[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

export type ExportStage = Awaited<ReturnType<typeof openExportStage>>;
