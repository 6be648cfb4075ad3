import {
  decodeCursor,
  type drift,
  encodeCursor,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import type { Kysely, Transaction } from 'kysely';
import { noSuchDrift } from './request-outcome.ts';
import { type ShownDrift, shownDrift } from './store/drift-lists.ts';
import type { Schema } from './store/schema.ts';

type View = RequestOutput<typeof drift.getDrift>;

export async function listDrift(
  db: Kysely<Schema>,
  input: RequestInput<typeof drift.listDrift>,
): Promise<RequestOutput<typeof drift.listDrift> | Refusal> {
  const key = input.cursor === undefined ? null : decodeCursor(input.cursor, 2);
  if (key === null && input.cursor !== undefined)
    return refuse('invalid-cursor', 'The cursor is not one that this list has given.');
  const rows = await shownDrift(db, {
    status: input.status === 'all' ? undefined : input.status,
    kind: input.kind,
    deploymentId: input.deployment,
    resourceId: input.resource,
    before: key === null ? null : [key[0] ?? '', key[1] ?? ''],
    limit: input.limit,
  });
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(viewOf),
    next_cursor:
      rows.length > input.limit && last !== undefined ? encodeCursor([last.detected_at, last.drift_id]) : null,
  };
}

export async function showDrift(db: Kysely<Schema> | Transaction<Schema>, driftId: string): Promise<View | Refusal> {
  const [row] = await shownDrift(db, { driftId, limit: 1 });
  return row === undefined ? noSuchDrift() : viewOf(row);
}

const viewOf = (row: ShownDrift): View => ({
  drift_id: row.drift_id,
  resource_id: row.resource_id,
  deployment_id: row.deployment_id,
  tenant_id: row.tenant_id,
  kind: row.kind,
  field: row.field,
  expected: row.expected,
  actual: row.actual,
  spec_version: row.spec_version,
  revision: row.revision,
  status: row.status,
  provider: row.provider,
  resource_kind: row.resource_kind,
  provider_id: row.provider_id,
  resource_name: row.resource_name,
  requested:
    row.requested_action === null
      ? null
      : {
          action: row.requested_action,
          by: row.requested_by ?? '',
          at: row.requested_at ?? row.detected_at,
          saga_id: row.saga_id,
        },
  refusal: row.refusal,
  monthly_cost: row.cost === null || row.currency === null ? null : { amount: row.cost, currency: row.currency },
  detected_at: row.detected_at,
  closed_at: row.closed_at,
  closed_by: row.closed_by,
});
