import { type provisioning, type Refusal, type RequestOutput, refuse } from '@arcadia/contracts';
import type { AttemptRow } from '../store/sagas/saga-ledger.ts';
import { type SagaRow, type StepRow, stateOf } from '../store/sagas/sagas.ts';
import type { BoundStep } from './step.ts';

type Summary = RequestOutput<typeof provisioning.startSaga>;
type View = RequestOutput<typeof provisioning.getSaga>;

export const noSuchSaga = (): Refusal<'not-found'> => refuse('not-found', 'There is no such saga.');

/** The wait of a saga: its reason, when the step runs again, and until when it is tried; null when the saga does not wait. */
export function waitingOf(saga: SagaRow): Summary['waiting'] {
  const { waiting_for: reason, next_turn_at, step_deadline } = saga;
  if (reason === null || next_turn_at === null || step_deadline === null) return null;
  return { reason, next_attempt_at: next_turn_at, until: step_deadline };
}

/** A saga without its inputs and results. */
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
  waiting: waitingOf(saga),
  is_cancel_requested: saga.is_cancel_requested,
  started_by: saga.started_by,
  created_at: saga.created_at,
  changed_at: saga.changed_at,
  finished_at: saga.finished_at,
});

/** A saga with its inputs, its context and every attempt of every step. */
export function sagaView(
  saga: SagaRow,
  about: {
    rows: readonly StepRow[];
    attempts: readonly AttemptRow[];
    orphans: View['orphans'];
    leftBehind: View['left_behind'];
    /** The steps of the saga; null where this version does not know its kind. */
    steps: readonly BoundStep[] | null;
  },
): View {
  const { rows, attempts, orphans, leftBehind, steps } = about;
  const ledger = saga.step_names.map((name, index): View['ledger'][number] => {
    const row = rows.find((step) => step.index === index);
    return {
      index,
      name,
      status: row?.status ?? 'pending',
      output: row?.output ?? null,
      error: row?.error ?? null,
      compensation_error: row?.compensation_error ?? null,
      undone_by: undoneBy(steps?.[index]),
      started_at: row?.started_at ?? null,
      finished_at: row?.finished_at ?? null,
      attempts: attempts.filter((attempt) => attempt.index === index).map(({ index: _index, ...attempt }) => attempt),
    };
  });
  return {
    ...sagaSummary(saga, rows),
    inputs: withoutUserData(saga.inputs),
    context: saga.context,
    ledger,
    orphans,
    left_behind: leftBehind,
  };
}

/** The step whose compensation undoes a step: its own, or that of an earlier one. */
const undoneBy = (step: BoundStep | undefined): string | null => {
  if (step === undefined) return null;
  return step.compensate === undefined ? (step.undoneBy ?? null) : step.name;
};

/** The user data of a droplet often holds secrets, so no reply shows it. */
function withoutUserData(inputs: SagaRow['inputs']): View['inputs'] {
  return 'user_data' in inputs ? { ...inputs, user_data: '[not shown]' } : inputs;
}
