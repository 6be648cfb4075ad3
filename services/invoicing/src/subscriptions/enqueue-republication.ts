import type { Tx } from '../context.ts';

/** Enqueues publishing the running subscriptions of a tenant, or of a currency, again: terms that they share have changed. */
export const enqueueRepublication = (
  tx: Tx,
  of: { tenant_id: string | null; currency: string | null },
  cause: string,
): Promise<void> => tx.enqueue('say-subscriptions', of, { cause });
