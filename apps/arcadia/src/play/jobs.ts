import type { ServiceName } from '@arcadia/contracts';
import { syncJobs } from '@arcadia/inventory-sync';
import { awaitJob, type Bus, triggerJob } from '@arcadia/platform';

/** Triggers jobs as their schedules would, and waits until they are done. */
export type Jobs = {
  run(service: ServiceName, job: string, at: Temporal.Instant): Promise<void>;
  /** Takes an inventory of these kinds, projects first. */
  sweep(kinds: readonly string[] | 'all', at: Temporal.Instant): Promise<void>;
};

export const jobsOn = (bus: Bus): Jobs => {
  const run = async (service: ServiceName, job: string, at: Temporal.Instant): Promise<void> => {
    await triggerJob(bus, service, job, { scheduledAt: at });
    await awaitJob(bus, service, job, { scheduledAt: at, timeoutMs: 120_000 });
  };
  return {
    run,
    sweep: async (kinds, at) => {
      const due = syncJobs.filter(
        (sync) => kinds === 'all' || sync.job === 'sync-projects' || sync.kinds.some((kind) => kinds.includes(kind)),
      );
      const projects = due.filter(({ job }) => job === 'sync-projects');
      for (const { job } of projects) await run('inventory-sync', job, at);
      await Promise.all(
        due.filter((sync) => !projects.includes(sync)).map(({ job }) => run('inventory-sync', job, at)),
      );
    },
  };
};
