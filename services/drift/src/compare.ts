import { randomUUID } from 'node:crypto';
import { drift } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { reconcile, type Scope } from './store/comparison.ts';
import type { Schema } from './store/schema.ts';
import { closedRows, detectedRows } from './store/touched-rows.ts';

/**
 * Compare, and say what has appeared, changed or gone. The caller holds the lock on comparing (`lockComparing`) and took it
 * before it wrote anything that is compared.
 */
export async function compare(
  tx: Tx<Schema>,
  given: { scope: Scope; now: Temporal.Instant; isSweep: boolean },
): Promise<void> {
  if (given.scope.length === 0) return;
  const run = randomUUID();
  await reconcile(tx.sql, { ...given, run });
  await tx.publishFrom(drift.driftDetected, detectedRows(run), { occurredAt: given.now });
  await tx.publishFrom(drift.driftClosed, closedRows(run), { occurredAt: given.now });
}
