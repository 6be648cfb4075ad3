import { billingKindOf, type inventorySync, type MeasuredUsage, measuresOf, metering } from '@arcadia/contracts';
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
  const observed = batch.filter((event): event is Observed => event.type === 'resource.observed');
  const isLate = await keepObservations(observed, tx);
  if (sweeps.length > 0) await consumeSweeps(sweeps, tx);
  if (isLate) await tx.enqueue('meter-touched-days', {});
}

/** Keeps every observation of a resource that is metered. @returns whether one takes effect in a time that is metered already */
export async function keepObservations(batch: readonly Observed[], tx: Tx): Promise<boolean> {
  const observations = batch.flatMap((event) => observationOf(event) ?? []);
  await shareIntake(tx.sql);
  return observations.length > 0 && (await addObservations(tx.sql, observations));
}

/** Stores observations that were consumed before by a version with fewer billing kinds; those with the same measures change nothing. */
export async function consumeAgain(batch: readonly Observed[], tx: Tx): Promise<void> {
  const observations = batch.flatMap((event) => observationOf(event) ?? []);
  if (observations.length === 0) return;
  await shareIntake(tx.sql);
  const isLate = await addObservations(tx.sql, observations, { isMeasuredAgain: true });
  if (isLate) await tx.enqueue('meter-touched-days', {});
}

/** A sweep may complete a period that could not be closed, so its close is tried again. */
const consumeSweeps = async (sweeps: readonly Swept[], tx: Tx): Promise<void> => {
  await noteSweeps(
    tx.sql,
    sweeps.map(({ data, seq }) => ({ ...data, seq })),
  );
  for (const { period } of await closingPeriods(tx.sql)) {
    await tx.enqueue('close-period', { period });
  }
};

/** The observation that metering keeps of a message; null for a kind of resource that is not metered. */
export const observationOf = ({ data, id, stream, seq }: Observed): Observation | null => {
  if (billingKindOf(data.kind) === null) return null;
  const { tenant_id, deployment_id } = data.owner;
  const isOwned = tenant_id !== null && deployment_id !== null;
  return {
    resourceId: data.resource_id,
    revision: data.revision,
    kind: data.kind,
    effectiveAt: data.effective_at,
    observedAt: data.observed_at,
    isPresent: data.is_present,
    measures: checkedMeasures(data),
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

/**
 * The measures of a state.
 * @throws if a dimension is no text of a fact, or a billing kind has a dimension twice: its lines would be indistinguishable
 */
const checkedMeasures = (data: Observed['data']): readonly MeasuredUsage[] => {
  const measures = measuresOf(data);
  const names = new Set<string>();
  for (const { kind, dimension } of measures) {
    if (dimension !== null) metering.dimension.parse(dimension);
    names.add(`${kind} ${dimension ?? ''}`);
  }
  if (names.size < measures.length)
    throw new Error(`${data.kind} ${data.provider_id} has a billing kind with the same dimension twice`);
  return measures;
};
