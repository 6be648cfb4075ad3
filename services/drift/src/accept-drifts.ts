import { drift, type RequestOutput } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from './context.ts';
import { acceptedRows } from './store/event-rows.ts';
import { lockDrifts, writeAccepts } from './store/requests.ts';
import type { DriftRow, Tables } from './store/schema.ts';

type Result = RequestOutput<typeof drift.acceptDrifts>['results'][number];

/** Requests that the actual values of many drifts become the desired ones. Each is answered on its own. */
export async function acceptDrifts(
  { input, actor, tx }: CommandRequest<typeof drift.acceptDrifts, Tables>,
  { clock }: CommandContext,
): Promise<{ results: Result[] }> {
  const ids = [...new Set(input.drift_ids)];
  const rows = await lockDrifts(tx.sql, ids);
  const results = ids.map((driftId) => resultOf(driftId, rows.get(driftId)));
  const requested = results.filter(({ outcome }) => outcome === 'requested').map(({ drift_id }) => drift_id);
  if (requested.length > 0) {
    const now = clock.now();
    await writeAccepts(tx.sql, requested, { by: actor.subject, at: now, reason: input.reason ?? null });
    await tx.publishFrom(drift.driftAccepted, acceptedRows(requested), { occurredAt: now });
  }
  return { results };
}

function resultOf(driftId: string, row: DriftRow | undefined): Result {
  const refused = (word: 'not-found' | 'conflict', detail: string): Result => ({
    drift_id: driftId,
    outcome: 'refused',
    refusal: { word, detail },
  });
  if (row === undefined) return refused('not-found', 'There is no drift with this `drift_id`.');
  if (row.status === 'accepted' || row.requested_action === 'accept') {
    return { drift_id: driftId, outcome: 'already', refusal: null };
  }
  if (row.status !== 'open') return refused('conflict', `This drift is closed: its status is "${row.status}".`);
  if (row.requested_action !== null) {
    return refused(
      'conflict',
      `${row.requested_by} has requested to ${row.requested_action} this drift; wait for the outcome.`,
    );
  }
  return { drift_id: driftId, outcome: 'requested', refusal: null };
}
