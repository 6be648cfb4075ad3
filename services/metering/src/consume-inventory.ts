import { inventorySync } from '@arcadia/contracts';
import { consumer, type Received } from '@arcadia/platform';
import type { MeteringConfig } from './config.ts';
import type { MeteringTx } from './context.ts';
import { billingKindOf, unitsOf } from './domain/units.ts';
import { shareIntake } from './store/locks.ts';
import { addObservations, type Observation } from './store/observations.ts';
import { closingPeriods } from './store/periods.ts';
import type { MeteringTables } from './store/schema.ts';
import { noteSweeps } from './store/sweeps.ts';

const { resourceObserved, inventorySwept } = inventorySync;

/**
 * Keeps every observation of a resource that is counted. Observations and sweeps come through one consumer, because a sweep
 * vouches for the observations said before it.
 */
export const consumeInventory = consumer<
  typeof resourceObserved | typeof inventorySwept,
  MeteringTables,
  MeteringConfig
>({
  name: 'inventory',
  consumes: [resourceObserved, inventorySwept],
  batch: 1000,
  // Whether a state can be counted depends on the message alone, so trying again seldom helps.
  maxAttempts: 3,
  async handle(batch, tx) {
    const observations: Observation[] = [];
    const sweeps: Received<typeof inventorySwept>[] = [];
    for (const heard of batch) {
      if (heard.type === 'inventory.swept') sweeps.push(heard as Received<typeof inventorySwept>);
      else {
        const observation = observationOf(heard as Received<typeof resourceObserved>);
        if (observation !== null) observations.push(observation);
      }
    }
    await shareIntake(tx.sql);
    if (sweeps.length > 0) await consumeSweeps(sweeps, tx);
    if (observations.length === 0) return;
    const isLate = await addObservations(tx.sql, observations);
    if (isLate) await tx.enqueue('meter-touched-days', {}, { cause: observations[0]?.eventId ?? '' });
  },
});

/** A sweep may be what a period that could not be closed has waited for. */
const consumeSweeps = async (sweeps: readonly Received<typeof inventorySwept>[], tx: MeteringTx) => {
  await noteSweeps(
    tx.sql,
    sweeps.map(({ data, seq }) => ({ ...data, seq })),
  );
  for (const period of await closingPeriods(tx.sql)) {
    await tx.enqueue('close-period', { period }, { cause: sweeps.at(-1)?.id ?? '' });
  }
};

/** What metering keeps of a message; null for a kind of resource that is not counted. */
export const observationOf = ({ data, id, stream, seq }: Received<typeof resourceObserved>): Observation | null => {
  const billingKind = billingKindOf(data.kind);
  if (billingKind === null) return null;
  const { tenant_id, deployment_id } = data.owner;
  const isOwned = tenant_id !== null && deployment_id !== null;
  return {
    resourceId: data.resource_id,
    revision: data.revision,
    kind: data.kind,
    billingKind,
    effectiveAt: data.effective_at,
    observedAt: data.observed_at,
    isPresent: data.is_present,
    units: unitsOf(data),
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
