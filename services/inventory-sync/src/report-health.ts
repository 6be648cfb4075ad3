import type { Context } from './context.ts';
import { kinds } from './domain/kinds.ts';
import { lastSweeps, type SweepEnd } from './store/sweeps.ts';

type End = Pick<SweepEnd, 'status' | 'detail'>;

/** Failed, incomplete and parked sweeps want somebody's attention. */
export const isWell = (status: SweepEnd['status']): boolean =>
  status === 'complete' || status === 'confirmed' || status === 'running';

const report = (ctx: Context, kind: string, { status, detail }: End): void =>
  ctx.health.report(
    `sync of ${kind}`,
    isWell(status) ? { ok: true, detail: status } : { ok: false, detail: `${status}: ${detail ?? 'no reason given'}` },
  );

/** A listing that failed, or waits for an operator, is seen in /health/ready and in the log. */
export function reportSweep(ctx: Context, kind: string, end: End): void {
  report(ctx, kind, end);
  if (isWell(end.status)) return;
  ctx.log.warn(
    { kind, status: end.status },
    `the sync of ${kind} is ${end.status}: ${end.detail ?? 'no reason given'}`,
  );
}

const everyMs = 15_000;

/** What was known before a start, and what other replicas have found since: a sync is anybody's, its outcome everybody's. */
export async function reportLastSweeps(ctx: Context): Promise<() => Promise<void>> {
  const look = async (): Promise<void> => {
    for (const { row, ended } of await lastSweeps(ctx.db, ['project', ...kinds.map(({ kind }) => kind)]))
      report(ctx, row.kind, ended);
  };
  await look();
  const timer = setInterval(() => void look().catch(() => undefined), everyMs);
  return async () => clearInterval(timer);
}
