import { invoicing, type Period } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { findBilling } from '../store/tenants/billing.ts';
import { takeTermsRevision } from '../store/terms/tenant-terms.ts';
import { reRateMonths } from './re-rate-months.ts';

/** Publishes the terms that a tenant has of its own. Months already invoiced from one on are corrected. */
export const publishTerms = async (
  tx: Tx,
  change: { tenantId: string; from: Period; now: Temporal.Instant; reason?: string | undefined },
): Promise<void> => {
  const { tenantId, from, now, reason } = change;
  const { profile, terms } = await findBilling(tx.sql, tenantId);
  const revision = await takeTermsRevision(tx.sql, tenantId);
  const { currency, tax } = profile;
  const data = { tenant_id: tenantId, revision, currency, tax, ...terms };
  await tx.publish(invoicing.tenantTermsChanged, reason === undefined ? data : { ...data, reason }, {
    occurredAt: now,
  });
  await reRateMonths(tx, { tenantId, from, cause: `terms:${tenantId}:${revision}` });
};
