import { periodText, uuid } from '@arcadia/contracts';
import { hasToken } from '@arcadia/digitalocean';
import { z } from 'zod';
import { type Context, job } from './context.ts';
import { backgroundJobs, listedKinds } from './domain/syncs/kinds.ts';
import { syncProjects } from './projects/sync-projects.ts';
import { publishPresentStates } from './resources/publish-present-states.ts';
import { inventory, knownTo } from './syncs/account.ts';
import { deleteOldSyncs } from './syncs/delete-old-syncs.ts';
import { pollDropletStatus } from './syncs/poll-droplet-status.ts';
import { syncDroplets } from './syncs/sync-droplets.ts';
import { type SyncRun, syncKind } from './syncs/sync-kind.ts';
import { syncSizes } from './syncs/sync-sizes.ts';

const syncInput = z.object({ sync_id: uuid.optional() });
const monthInput = z.object({ month: periodText });

type Queue = { queue: string; concurrency: number };
const fast: Queue = { queue: 'sync-fast', concurrency: 5 };
const full: Queue = { queue: 'sync-full', concurrency: 3 };
const slow: Queue = { queue: 'sync-slow', concurrency: 1 };
const background: Queue = { queue: 'sync-background', concurrency: 1 };

/** Missed runs of a sync are caught up with a single run, because it lists the present state. */
const syncJob = (
  name: string,
  cron: string,
  { queue, run }: { queue: Queue; run: (ctx: Context, run: SyncRun) => Promise<void> },
) =>
  job({
    name,
    input: syncInput,
    key: ({ sync_id }) => sync_id ?? 'all',
    ...queue,
    schedule: { cron, input: () => ({}), catchUp: 'newest' },
    run: async (started, ctx) => {
      if (hasToken(ctx.config.provider['sync-full'], ctx)) await run(ctx, started);
    },
  });

// Projects are listed first in each quarter of an hour, so that resources discovered after them are attributed at once; snapshots
// and backups are listed later in the hour, when their sources are known.
const quarterHour = '0 */15 * * * *';
const afterProjects = '20 */15 * * * *';
const hourly: Readonly<Record<string, string>> = {
  snapshot: '33 * * * *',
  droplet_backup: '41 * * * *',
  custom_image: '47 * * * *',
  container_registry: '52 * * * *',
};

/** One job for each kind that is listed by itself and needs no more than its listing. */
const kindJobs = listedKinds
  .filter(({ kind }) => kind !== 'droplet')
  .map(({ kind, job }) => {
    const isBackground = backgroundJobs.includes(job);
    return syncJob(job, hourly[kind] ?? afterProjects, {
      queue: isBackground ? background : kind in hourly ? slow : full,
      run: async (ctx, run) => {
        const listing = inventory(ctx, 'sync-full', { isBackground }).listing(kind, knownTo(ctx));
        await syncKind(ctx, run, { kind, listing });
      },
    });
  });

export const jobs = [
  syncJob('sync-projects', quarterHour, { queue: full, run: syncProjects }),
  syncJob('sync-droplets', afterProjects, { queue: full, run: syncDroplets }),
  ...kindJobs,
  syncJob('poll-droplet-status', '* * * * *', { queue: fast, run: pollDropletStatus }),
  syncJob('sync-sizes', '17 0 * * *', { queue: slow, run: syncSizes }),
  syncJob('forget-old-sweeps', '27 3 * * *', { queue: slow, run: deleteOldSyncs }),
  job({
    name: 'say-present-states',
    input: monthInput,
    key: ({ month }) => month,
    queue: 'say-present-states',
    concurrency: 1,
    schedule: { cron: '0 0 1 * *', input: (at) => ({ month: at.toString().slice(0, 7) }), catchUp: 'newest' },
    run: ({ input, signal }, ctx) => publishPresentStates(ctx, { month: input.month, signal }),
  }),
];
