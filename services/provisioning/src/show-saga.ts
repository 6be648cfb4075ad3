import type { provisioning, RequestOutput } from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import { attemptsOf } from './store/saga-ledger.ts';
import { findSaga, type SagaRow, type StepRow, stateOf, stepRowsOf } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';

type Summary = RequestOutput<typeof provisioning.startSaga>;
type View = RequestOutput<typeof provisioning.getSaga>;

export const sagaSummary = (saga: SagaRow, rows: readonly StepRow[]): Summary => ({
  saga_id: saga.saga_id,
  kind: saga.kind,
  status: saga.status,
  deployment_id: saga.deployment_id,
  tenant_id: saga.tenant_id,
  resource_id: saga.resource_id,
  drift_id: saga.drift_id,
  current_index: saga.current_index,
  steps: stateOf(saga, rows).steps.map(({ name, status }) => ({ name, status })),
  error: saga.error,
  is_cancel_requested: saga.is_cancel_requested,
  started_by: saga.started_by,
  created_at: saga.created_at,
  changed_at: saga.changed_at,
  finished_at: saga.finished_at,
});

/** A saga with everything that was tried, or null. */
export async function showSaga(db: Kysely<Schema>, sagaId: string): Promise<View | null> {
  const saga = await findSaga(db, sagaId);
  if (saga === null) return null;
  const rows = await stepRowsOf(db, sagaId);
  const attempts = await attemptsOf(db, sagaId);
  const ledger = saga.step_names.map((name, index): View['ledger'][number] => {
    const row = rows.find((step) => step.index === index);
    return {
      index,
      name,
      status: row?.status ?? 'pending',
      output: row?.output ?? null,
      error: row?.error ?? null,
      compensation_error: row?.compensation_error ?? null,
      started_at: row?.started_at ?? null,
      finished_at: row?.finished_at ?? null,
      attempts: attempts.filter((attempt) => attempt.index === index).map(({ index: _index, ...attempt }) => attempt),
    };
  });
  return { ...sagaSummary(saga, rows), inputs: withoutUserData(saga.inputs), context: saga.context, ledger };
}

/** What a droplet is told at its first boot often holds secrets, and nobody needs to read it here. */
function withoutUserData(inputs: SagaRow['inputs']): View['inputs'] {
  return 'user_data' in inputs ? { ...inputs, user_data: '[not shown]' } : inputs;
}
