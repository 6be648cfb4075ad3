import { invoicing, type Period } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import type { PrepaidDraw } from '../domain/rating/terms.ts';
import { deleteDraws, insertDraws, takeCreditRevisions } from '../store/prepaid/prepaid-credits.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';

/** Publishes prepaid credits with what invoices draw of them now. */
export const publishCredits = async (
  tx: Tx,
  changed: { tenantId: string; creditIds: readonly string[]; reason?: string | undefined },
): Promise<void> => {
  if (changed.creditIds.length === 0) return;
  const { currency } = await findBillingProfile(tx.sql, changed.tenantId);
  const { reason } = changed;
  for (const { tenant_id, credit, revision, draws } of await takeCreditRevisions(tx.sql, changed.creditIds)) {
    const data = { ...credit, tenant_id, revision, currency, draws };
    await tx.publish(invoicing.prepaidCreditChanged, reason === undefined ? data : { ...data, reason });
  }
};

/** Records and publishes what an invoice draws. */
export const drawPrepaid = async (
  tx: Tx,
  invoice: { invoiceId: string; tenantId: string; period: Period; draws: readonly PrepaidDraw[] },
): Promise<void> => {
  if (invoice.draws.length === 0) return;
  await insertDraws(tx.sql, invoice);
  await publishCredits(tx, {
    tenantId: invoice.tenantId,
    creditIds: invoice.draws.map(({ credit_id }) => credit_id),
  });
};

/** Gives back what an invoice drew, when it is deleted or void. */
export const releasePrepaid = async (tx: Tx, invoice: { invoice_id: string; tenant_id: string }): Promise<void> => {
  const creditIds = await deleteDraws(tx.sql, invoice.invoice_id);
  await publishCredits(tx, { tenantId: invoice.tenant_id, creditIds });
};
