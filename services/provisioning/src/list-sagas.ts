import {
  decodeCursor,
  encodeCursor,
  type provisioning,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import { sagaSummary } from './show-saga.ts';
import { pageOfSagas, stepRowsOfAll } from './store/saga-lists.ts';
import type { Schema } from './store/schema.ts';

export async function listSagas(
  db: Kysely<Schema>,
  input: RequestInput<typeof provisioning.listSagas>,
): Promise<RequestOutput<typeof provisioning.listSagas> | Refusal> {
  const key = input.cursor === undefined ? null : decodeCursor(input.cursor, 2);
  if (key === null && input.cursor !== undefined) return invalidCursor();
  const rows = await pageOfSagas(db, {
    status: input.status,
    kind: input.kind,
    deploymentId: input.deployment,
    before: key === null ? null : [key[0] ?? '', key[1] ?? ''],
    limit: input.limit,
  });
  const shown = rows.slice(0, input.limit);
  const steps = await stepRowsOfAll(
    db,
    shown.map(({ saga_id }) => saga_id),
  );
  const last = shown.at(-1);
  return {
    items: shown.map((saga) => sagaSummary(saga, steps.get(saga.saga_id) ?? [])),
    next_cursor: rows.length > input.limit && last !== undefined ? encodeCursor([last.created_at, last.saga_id]) : null,
  };
}

export const invalidCursor = () => refuse('invalid-cursor', 'The cursor is not one that this list has given.');
