import { uuid } from '@arcadia/contracts';
import { z } from 'zod';
import { directionOf } from './domain/saga.ts';
import type { SagaRow } from './store/sagas.ts';

/** The message that asks for one turn of a saga. Its only content is which saga: the worker rereads the rest. */
export const sagaStep = {
  name: 'saga-step',
  input: z.object({ saga_id: uuid }),
  key: ({ saga_id }: { saga_id: string }): string => saga_id,
};

/** What asks for a turn: which step, which turn of the saga, which way. */
export const causeOf = (saga: Pick<SagaRow, 'current_index' | 'turn' | 'status'>, extra?: string): string =>
  [saga.current_index, saga.turn, directionOf(saga.status), ...(extra === undefined ? [] : [extra])].join(':');

/** The turn that a message was sent for; null when a person asked for it. */
export function turnOf(cause: string): number | null {
  const found = /^\d+:(\d+):(?:forward|backward)/.exec(cause);
  return found === null ? null : Number(found[1]);
}
