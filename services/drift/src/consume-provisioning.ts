import { randomUUID } from 'node:crypto';
import { drift, type EventData, type provisioning } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import { compare } from './compare.ts';
import type { CommandContext, Tx } from './context.ts';
import { lockComparing } from './store/comparison.ts';
import { closedRows, detectedRows } from './store/event-rows.ts';
import { type Outcome, writeOutcomes, writeSagas } from './store/requests.ts';
import { upsertDesired } from './store/upsert-desired.ts';

type Provisioned = EventData<typeof provisioning.resourceProvisioned>;
type ProvisioningEvent = typeof provisioning.resourceProvisioned | typeof provisioning.sagaChanged;

/** Stores the desired state that provisioning publishes, and its replies to the requests of this service. */
export async function consumeProvisioning(
  batch: Received<ProvisioningEvent>[],
  tx: Tx,
  ctx: CommandContext,
): Promise<void> {
  const provisioned: Provisioned[] = [];
  const sagas: { driftId: string; sagaId: string }[] = [];
  for (const event of batch) {
    if (event.type === 'resource.provisioned') provisioned.push(event.data);
    else if (event.data.drift_id !== null) sagas.push({ driftId: event.data.drift_id, sagaId: event.data.saga_id });
  }
  await lockComparing(tx.sql);
  await writeSagas(tx.sql, sagas);
  if (provisioned.length === 0) return;
  const now = ctx.clock.now();
  await upsertDesired(tx.sql, provisioned);
  await closeRequests(tx, provisioned.flatMap(outcomeOf), now);
  const scope = [...new Set(provisioned.map(({ resource_id }) => resource_id))];
  await compare(tx, { scope, now, isSweep: false });
}

function outcomeOf({ in_reply_to: reply }: Provisioned): Outcome[] {
  if (reply === null) return [];
  return [{ driftId: reply.drift_id, request: reply.request, outcome: reply.outcome, detail: reply.detail }];
}

/** Only the outcome of its request closes a requested row; a row with a refused request is open and compared again. */
async function closeRequests(tx: Tx, outcomes: readonly Outcome[], now: Temporal.Instant): Promise<void> {
  if (outcomes.length === 0) return;
  const run = randomUUID();
  await writeOutcomes(tx.sql, outcomes, { run, now });
  await tx.publishFrom(drift.driftClosed, closedRows(run), { occurredAt: now });
  await tx.publishFrom(drift.driftDetected, detectedRows(run), { occurredAt: now });
}
