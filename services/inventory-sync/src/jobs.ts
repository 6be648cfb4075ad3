import { periodText, uuid } from '@arcadia/contracts';
import { job } from '@arcadia/platform';
import { z } from 'zod';
import type { Inventory } from './clients/inventory.ts';
import type { Listing } from './clients/listing.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { pollDropletStatus } from './poll-droplet-status.ts';
import { inventory } from './provider.ts';
import { publishPresentStates } from './publish-present-states.ts';
import { enqueueRest } from './request-sync.ts';
import { backedUpDroplets } from './store/backed-up-droplets.ts';
import { forgetBefore } from './store/forget.ts';
import type { Database } from './store/schema.ts';
import { syncDroplets } from './sync-droplets.ts';
import { type SyncRun, syncKind } from './sync-kind.ts';
import { syncProjects } from './sync-projects.ts';
import { syncSizes } from './sync-sizes.ts';

const syncInput = z.object({ sync_id: uuid.optional() });
const monthInput = z.object({ month: periodText });
const keyOfSync = ({ sync_id }: z.output<typeof syncInput>): string => sync_id ?? 'all';

type Queue = { queue: string; concurrency: number };
const fast: Queue = { queue: 'sync-fast', concurrency: 5 };
const full: Queue = { queue: 'sync-full', concurrency: 3 };
const slow: Queue = { queue: 'sync-slow', concurrency: 1 };

/** Every sync is caught up with one run, however many were missed: it lists what is there now. */
const syncJob = (options: {
  name: string;
  cron: string;
  queue: Queue;
  run: (ctx: Context, run: SyncRun) => Promise<void>;
}) =>
  job<typeof syncInput, Database, Config>({
    name: options.name,
    input: syncInput,
    key: keyOfSync,
    ...options.queue,
    schedule: { cron: options.cron, input: () => ({}), catchUp: 'newest' },
    run: (run, ctx) => options.run(ctx, run),
  });

const kindJob = (options: {
  name: string;
  cron: string;
  queue: Queue;
  kind: string;
  listing: (from: Inventory, ctx: Context) => Listing;
}) =>
  syncJob({
    ...options,
    run: async (ctx, run) => {
      await syncKind(ctx, run, { kind: options.kind, listing: options.listing(inventory(ctx, 'sync-full'), ctx) });
    },
  });

// Projects go first within a quarter of an hour, so that what the others find is attributed at once; snapshots and backups
// come later in the hour, when what they were made of is known.
const quarterHour = '0 */15 * * * *';
const afterProjects = '20 */15 * * * *';

/** How long the record of sweeps and of the provider's actions is kept. */
const keptFor = { hours: 90 * 24 };

export const jobs = [
  syncJob({
    name: 'sync-projects',
    cron: quarterHour,
    queue: full,
    run: async (ctx, run) => {
      await syncProjects(ctx, run, inventory(ctx, 'sync-full'));
      const syncId = run.input.sync_id;
      if (syncId !== undefined) await ctx.transact((tx) => enqueueRest(tx, syncId));
    },
  }),
  syncJob({ name: 'sync-droplets', cron: afterProjects, queue: full, run: syncDroplets }),
  kindJob({
    name: 'sync-dns-zones',
    cron: afterProjects,
    queue: full,
    kind: 'dns_zone',
    listing: (from) => from.domains,
  }),
  kindJob({ name: 'sync-volumes', cron: afterProjects, queue: full, kind: 'volume', listing: (from) => from.volumes }),
  kindJob({
    name: 'sync-floating-ips',
    cron: afterProjects,
    queue: full,
    kind: 'floating_ip',
    listing: (from) => from.reservedIps,
  }),
  kindJob({
    name: 'sync-firewalls',
    cron: afterProjects,
    queue: full,
    kind: 'firewall',
    listing: (from) => from.firewalls,
  }),
  kindJob({
    name: 'sync-load-balancers',
    cron: afterProjects,
    queue: full,
    kind: 'load_balancer',
    listing: (from) => from.loadBalancers,
  }),
  kindJob({
    name: 'sync-snapshots',
    cron: '33 * * * *',
    queue: slow,
    kind: 'snapshot',
    listing: (from) => from.snapshots,
  }),
  kindJob({
    name: 'sync-droplet-backups',
    cron: '41 * * * *',
    queue: slow,
    kind: 'droplet_backup',
    listing: (from, ctx) => from.backups(() => backedUpDroplets(ctx.db)),
  }),
  syncJob({ name: 'poll-droplet-status', cron: '* * * * *', queue: fast, run: pollDropletStatus }),
  syncJob({ name: 'sync-sizes', cron: '17 0 * * *', queue: slow, run: syncSizes }),
  syncJob({
    name: 'forget-old-sweeps',
    cron: '27 3 * * *',
    queue: slow,
    run: (ctx) => forgetBefore(ctx.db, ctx.clock.now().subtract(keptFor)),
  }),
  job<typeof monthInput, Database, Config>({
    name: 'say-present-states',
    input: monthInput,
    key: ({ month }) => month,
    queue: 'say-present-states',
    concurrency: 1,
    schedule: { cron: '0 0 1 * *', input: (at) => ({ month: at.toString().slice(0, 7) }), catchUp: 'newest' },
    run: ({ input, signal }, ctx) => publishPresentStates(ctx, { month: input.month, signal }),
  }),
];
