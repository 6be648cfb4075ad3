import type { Context } from './context.ts';
import { kinds } from './domain/kinds.ts';
import type { SweepEnd } from './store/sweeps.ts';
import { lastSweeps } from './store/sweeps.ts';

/** A listing that failed, or waits for an operator, is seen in /health/ready and in the log. */
export function reportSweep(ctx: Context, kind: string, end: Pick<SweepEnd, 'status' | 'detail'>): void {
  const ok = end.status === 'complete' || end.status === 'confirmed' || end.status === 'running';
  ctx.health.report(`sync of ${kind}`, {
    ok,
    detail: ok ? end.status : `${end.status}: ${end.detail ?? 'no reason given'}`,
  });
  if (!ok)
    ctx.log.warn(
      { kind, status: end.status },
      `the sync of ${kind} is ${end.status}: ${end.detail ?? 'no reason given'}`,
    );
}

/** After a start, what was known before it. */
export async function reportLastSweeps(ctx: Context): Promise<void> {
  for (const { row } of await lastSweeps(ctx.db, ['project', ...kinds.map(({ kind }) => kind)])) {
    reportSweep(ctx, row.kind, { status: row.status as SweepEnd['status'], detail: row.detail });
  }
}
