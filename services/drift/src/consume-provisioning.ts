import { randomUUID } from 'node:crypto';
import { drift, type EventData, type provisioning } from '@arcadia/contracts';
import type { Received, ServiceContext, Tx } from '@arcadia/platform';
import { compare } from './compare.ts';
import { lockComparing } from './store/comparison.ts';
import { keepDesired } from './store/keep-desired.ts';
import { noteSagas, type Outcome, writeOutcomes } from './store/requests.ts';
import type { Schema } from './store/schema.ts';
import { closedRows, detectedRows } from './store/touched-rows.ts';

type Provisioned = EventData<typeof provisioning.resourceProvisioned>;
type Told = typeof provisioning.resourceProvisioned | typeof provisioning.sagaChanged;

/** What provisioning wants, and what it answers to what was asked of it. */
export async function consumeProvisioning(
  batch: Received<Told>[],
  tx: Tx<Schema>,
  ctx: ServiceContext<Schema, unknown>,
): Promise<void> {
  const provisioned: Provisioned[] = [];
  const sagas: { driftId: string; sagaId: string }[] = [];
  for (const heard of batch) {
    if (heard.type === 'resource.provisioned') provisioned.push(heard.data);
    else if (heard.data.drift_id !== null) sagas.push({ driftId: heard.data.drift_id, sagaId: heard.data.saga_id });
  }
  await lockComparing(tx.sql);
  await noteSagas(tx.sql, sagas);
  if (provisioned.length === 0) return;
  const now = ctx.clock.now();
  await keepDesired(tx.sql, provisioned);
  await consumeOutcomes(tx, provisioned.flatMap(outcomeOf), now);
  const scope = [...new Set(provisioned.map(({ resource_id }) => resource_id))];
  await compare(tx, { scope, now, isSweep: false });
}

function outcomeOf({ in_reply_to: reply }: Provisioned): Outcome[] {
  if (reply === null) return [];
  return [{ driftId: reply.drift_id, request: reply.request, outcome: reply.outcome, detail: reply.detail }];
}

/** A requested row closes by its outcome only; one that was refused is open again, and compared like any other. */
async function consumeOutcomes(tx: Tx<Schema>, outcomes: readonly Outcome[], now: Temporal.Instant): Promise<void> {
  if (outcomes.length === 0) return;
  const run = randomUUID();
  await writeOutcomes(tx.sql, outcomes, { run, now });
  await tx.publishFrom(drift.driftClosed, closedRows(run), { occurredAt: now });
  await tx.publishFrom(drift.driftDetected, detectedRows(run), { occurredAt: now });
}
