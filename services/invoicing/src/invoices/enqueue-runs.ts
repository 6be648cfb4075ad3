import type { Tx } from '../context.ts';
import { noteQueued, type Run } from '../store/invoices/runs.ts';

/** Enqueues invoice runs; with a cause, each once for it. */
export const enqueueRuns = async (tx: Tx, runs: readonly Run[], cause?: string): Promise<void> => {
  for (const { period, tenantId, closeRevision, isForced } of runs) {
    const input = { period, tenant_id: tenantId, close_revision: closeRevision, is_forced: isForced };
    await tx.enqueue('invoice-tenant', input, cause === undefined ? {} : { cause });
  }
};

/** Enqueues the invoice runs of a close and records them, so that it is known how many tenants are to be invoiced. */
export const startRuns = async (
  tx: Tx,
  runs: readonly Run[],
  { cause, at }: { cause: string; at: Temporal.Instant },
): Promise<void> => {
  await noteQueued(tx.sql, runs, at);
  await enqueueRuns(tx, runs, cause);
};
