import { uuid } from '@arcadia/contracts';
import { z } from 'zod';
import { directionOf } from '../domain/sagas/saga.ts';
import type { SagaRow } from '../store/sagas/sagas.ts';

/** The job that runs one turn of a saga. Its message holds only the saga's id: the worker reads the rest from the row. */
export const sagaStepJob = {
  name: 'saga-step',
  input: z.object({ saga_id: uuid }),
  key: ({ saga_id }: { saga_id: string }): string => saga_id,
};

/** The cause of a turn's job: the step, the turn of the saga, and the direction. */
export const causeOf = (saga: Pick<SagaRow, 'current_index' | 'turn' | 'status'>, extra?: string): string =>
  [saga.current_index, saga.turn, directionOf(saga.status), ...(extra === undefined ? [] : [extra])].join(':');

/** The turn that a job was enqueued for; null when a person triggered the job. */
export function turnOf(cause: string): number | null {
  const found = /^\d+:(\d+):(?:forward|backward)/.exec(cause);
  return found === null ? null : Number(found[1]);
}
