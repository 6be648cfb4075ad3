import { randomUUID } from 'node:crypto';
import { drift } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context, Tx } from './context.ts';
import { lockComparing, reconcile, type Scope } from './store/comparison.ts';
import { closedRows, detectedRows } from './store/event-rows.ts';

/**
 * Compares resources and publishes every difference that has appeared, changed or closed. The caller holds the lock on
 * comparing (`lockComparing`) and took it before it wrote anything that is compared.
 */
export async function compare(tx: Tx, given: { scope: Scope; now: Temporal.Instant; isSweep: boolean }): Promise<void> {
  if (given.scope.length === 0) return;
  const run = randomUUID();
  await reconcile(tx.sql, { ...given, run });
  await tx.publishFrom(drift.driftDetected, detectedRows(run), { occurredAt: given.now });
  await tx.publishFrom(drift.driftClosed, closedRows(run), { occurredAt: given.now });
}

/** Compares all resources: also finds what no event announces, such as a resource that was never observed. */
export async function compareAll(_run: JobRun<object>, ctx: Context): Promise<void> {
  await ctx.transact(async (tx) => {
    await lockComparing(tx.sql);
    await compare(tx, { scope: 'all', now: ctx.clock.now(), isSweep: true });
  });
}
