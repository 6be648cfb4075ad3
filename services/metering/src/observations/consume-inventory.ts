import { type inventorySync, measuresOf } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { shareIntake } from '../store/locks.ts';
import { addObservations, type Observation } from '../store/observations/observations.ts';
import { noteSweeps } from '../store/observations/sweeps.ts';
import { closingPeriods } from '../store/periods/periods.ts';

type Observed = Received<typeof inventorySync.resourceObserved>;
type Swept = Received<typeof inventorySync.inventorySwept>;

/** Keeps every observation of a resource that is metered, and the newest complete sweep of each kind. */
export async function consumeInventory(batch: readonly (Observed | Swept)[], tx: Tx): Promise<void> {
  const sweeps = batch.filter((event): event is Swept => event.type === 'inventory.swept');
  const observations = batch
    .filter((event): event is Observed => event.type === 'resource.observed')
    .flatMap((event) => observationOf(event) ?? []);
  await shareIntake(tx.sql);
  if (sweeps.length > 0) await consumeSweeps(sweeps, tx);
  if (observations.length === 0) return;
  const isLate = await addObservations(tx.sql, observations);
  if (isLate) await tx.enqueue('meter-touched-days', {}, { cause: observations[0]?.eventId ?? '' });
}

/** A sweep may complete a period that could not be closed, so its close is tried again. */
const consumeSweeps = async (sweeps: readonly Swept[], tx: Tx): Promise<void> => {
  await noteSweeps(
    tx.sql,
    sweeps.map(({ data, seq }) => ({ ...data, seq })),
  );
  for (const { period } of await closingPeriods(tx.sql)) {
    await tx.enqueue('close-period', { period }, { cause: sweeps.at(-1)?.id ?? '' });
  }
};

/** The observation that metering keeps of a message; null for a kind of resource that is not metered. */
export const observationOf = ({ data, id, stream, seq }: Observed): Observation | null => {
  const measured = measuresOf(data)[0];
  if (measured === undefined) return null;
  const { tenant_id, deployment_id } = data.owner;
  const isOwned = tenant_id !== null && deployment_id !== null;
  return {
    resourceId: data.resource_id,
    revision: data.revision,
    kind: data.kind,
    billingKind: measured.kind,
    effectiveAt: data.effective_at,
    observedAt: data.observed_at,
    isPresent: data.is_present,
    units: measured.units ?? '0',
    tenantId: isOwned ? tenant_id : null,
    deploymentId: isOwned ? deployment_id : null,
    name: data.name,
    status: data.status,
    attrs: JSON.stringify(data.attrs),
    eventId: id,
    stream,
    streamSeq: seq,
  };
};
