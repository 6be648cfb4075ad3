import { metering, periodInterval } from '@arcadia/contracts';
import { consumer, type Received, type Tx } from '@arcadia/platform';
import type { InvoicingConfig } from '../config.ts';
import { deploymentsWatched } from '../store/alerts/alerts.ts';
import { waitingRuns } from '../store/invoices/runs.ts';
import type { Schema } from '../store/schema.ts';
import { insertClose, takeForcedTenants, tenantsToInvoice } from '../store/usage/closes.ts';
import { insertFacts } from '../store/usage/usage-facts.ts';

const { usageAccrued, periodClosed } = metering;
type Contract = typeof usageAccrued | typeof periodClosed;
type Fact = Received<typeof usageAccrued>;
type Close = Received<typeof periodClosed>;

/** One job for each tenant that a close may have something to bill for. */
const startRuns = async (tx: Tx<Schema>, close: Close): Promise<void> => {
  const { period, revision, is_forced } = close.data;
  await insertClose(tx.sql, close.data);
  const forced = is_forced ? await takeForcedTenants(tx.sql, period) : [];
  const tenants =
    forced.length > 0 ? forced : await tenantsToInvoice(tx.sql, { period, revision, ...periodInterval(period) });
  for (const tenant_id of tenants) {
    await tx.enqueue('invoice-tenant', { period, tenant_id, close_revision: revision, is_forced }, { cause: close.id });
  }
};

/** What waits for facts is looked at again when some arrive; thresholds are looked at where somebody watches. */
const followUp = async (tx: Tx<Schema>, facts: readonly Fact[]): Promise<void> => {
  const last = facts.at(-1);
  if (last === undefined) return;
  const months = new Map(
    facts.map(({ data }) => [`${data.tenant_id}\n${data.period}`, { tenantId: data.tenant_id, period: data.period }]),
  );
  for (const { period, tenantId, closeRevision, isForced } of await waitingRuns(tx.sql, [...months.values()])) {
    const input = { period, tenant_id: tenantId, close_revision: closeRevision, is_forced: isForced };
    await tx.enqueue('invoice-tenant', input, { cause: last.id });
  }
  for (const { deployment_id, period } of await deploymentsWatched(
    tx.sql,
    facts.map(({ data }) => data),
  )) {
    await tx.enqueue('evaluate-alerts', { deployment_id, period }, { cause: last.id });
  }
};

/** Facts and closes in one consumer, since one stream brings a close after the facts it closes. */
export const consumeMetering = consumer<Contract, Schema, InvoicingConfig>({
  name: 'metering',
  consumes: [usageAccrued, periodClosed],
  async handle(batch, tx) {
    const facts = batch.filter((heard): heard is Fact => heard.type === 'usage.accrued');
    await insertFacts(tx.sql, facts);
    await followUp(tx, facts);
    for (const heard of batch) if (heard.type === 'period.closed') await startRuns(tx, heard);
  },
});
