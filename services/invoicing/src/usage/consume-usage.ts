import { type metering, periodInterval } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import { enqueueRuns, startRuns } from '../invoices/enqueue-runs.ts';
import { deploymentsWatched } from '../store/alerts/alerts.ts';
import { waitingRuns } from '../store/invoices/runs.ts';
import { insertClose, takeForcedTenants, tenantsToInvoice } from '../store/usage/closes.ts';
import { insertFacts } from '../store/usage/usage-facts.ts';
import { noteUsageKnown } from '../store/usage/usage-known.ts';

type Fact = Received<typeof metering.usageAccrued>;
type Close = Received<typeof metering.periodClosed>;

/** Stores facts and closes; starts the invoice runs of a close, and the alerts and waiting runs that new facts concern. */
export async function consumeUsage(batch: (Fact | Close)[], tx: Tx, { clock }: Context): Promise<void> {
  const facts = batch.filter((event): event is Fact => event.type === 'usage.accrued');
  await insertFacts(tx.sql, facts);
  await followFacts(tx, facts);
  await noteUsageKnown(
    tx.sql,
    facts.map(({ data }) => data),
  );
  for (const event of batch) if (event.type === 'period.closed') await invoiceClose(tx, event, clock.now());
}

/**
 * Enqueues one invoice run for each tenant that a close may have something to bill for. A close that arrives again, as after a restore,
 * starts nothing: the tenants of today are not those of the close, and those of a forced one are taken.
 */
const invoiceClose = async (tx: Tx, close: Close, at: Temporal.Instant): Promise<void> => {
  const { period, revision, is_forced: isForced } = close.data;
  if (!(await insertClose(tx.sql, close.data))) return;
  const forced = isForced ? await takeForcedTenants(tx.sql, period) : [];
  const tenants =
    forced.length > 0 ? forced : await tenantsToInvoice(tx.sql, { period, revision, ...periodInterval(period) });
  const runs = tenants.map((tenantId) => ({ period, tenantId, closeRevision: revision, isForced }));
  await startRuns(tx, runs, { cause: close.id, at });
};

/** Starts the runs that waited for facts of these months, and evaluates the alerts of these deployments. */
const followFacts = async (tx: Tx, facts: readonly Fact[]): Promise<void> => {
  if (facts.length === 0) return;
  const used = facts.map(({ data }) => data);
  const months = new Map(
    used.map(({ tenant_id, period }) => [`${tenant_id}\n${period}`, { tenantId: tenant_id, period }]),
  );
  await enqueueRuns(tx, await waitingRuns(tx.sql, [...months.values()]));
  for (const { deployment_id, period } of await deploymentsWatched(tx.sql, used))
    await tx.enqueue('evaluate-alerts', { deployment_id, period });
};
