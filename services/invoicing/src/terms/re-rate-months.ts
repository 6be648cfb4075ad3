import type { Period } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { noteTermsChanged } from '../store/invoices/billed-periods.ts';

/** Starts the correction of a tenant's invoiced months from one on, since terms of theirs have changed. */
export const reRateMonths = async (
  tx: Tx,
  changed: { tenantId: string; from: Period; cause: string },
): Promise<void> => {
  const { tenantId, from, cause } = changed;
  for (const period of await noteTermsChanged(tx.sql, { tenantId, from }))
    await tx.enqueue('correct-period', { tenant_id: tenantId, period }, { cause });
};
