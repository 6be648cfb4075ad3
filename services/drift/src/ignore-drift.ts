import {
  decodeCursor,
  type drift,
  encodeCursor,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import { compare } from './compare.ts';
import { noSuchDrift } from './request-outcome.ts';
import { lockComparing } from './store/comparison.ts';
import { shownDrift } from './store/drift-lists.ts';
import { addIgnored, deleteIgnored, openResourcesUnder, pageOfIgnored } from './store/ignored-fields.ts';
import { lockDrift } from './store/requests.ts';
import type { IgnoredField, Schema } from './store/schema.ts';

/** From now on the field is not compared; what is open of it, and not asked about, goes stale at once. */
export async function ignoreDrift(
  tx: Tx<Schema>,
  asked: { input: RequestInput<typeof drift.ignoreDrift>; by: string; now: Temporal.Instant },
): Promise<IgnoredField | Refusal> {
  const { input, by, now } = asked;
  await lockComparing(tx.sql);
  const row = await lockDrift(tx.sql, input.drift_id);
  const [shown] = await shownDrift(tx.sql, { driftId: input.drift_id, limit: 1 });
  if (row === null || shown === undefined) return noSuchDrift();
  if (row.requested_action !== null)
    return refuse('conflict', `${row.requested_by} has asked for it to be ${row.requested_action}ed.`);
  const rule = await addIgnored(tx.sql, {
    provider: shown.provider,
    resource_kind: shown.resource_kind,
    resource_id: input.scope === 'resource' ? row.resource_id : null,
    field: row.field,
    reason: input.reason,
    ignored_by: by,
    ignored_at: now.toString(),
  });
  await compare(tx, { scope: await openResourcesUnder(tx.sql, rule), now, isSweep: false });
  return rule;
}

/** Compared again with the next sweep. */
export async function stopIgnoring(tx: Tx<Schema>, ruleId: string): Promise<IgnoredField | Refusal> {
  await lockComparing(tx.sql);
  return (await deleteIgnored(tx.sql, ruleId)) ?? refuse('not-found', 'There is no such rule.');
}

export async function listIgnored(
  db: Kysely<Schema>,
  input: RequestInput<typeof drift.listIgnored>,
): Promise<RequestOutput<typeof drift.listIgnored> | Refusal> {
  const key = input.cursor === undefined ? null : decodeCursor(input.cursor, 2);
  if (key === null && input.cursor !== undefined)
    return refuse('invalid-cursor', 'The cursor is not one that this list has given.');
  const rows = await pageOfIgnored(db, {
    before: key === null ? null : [key[0] ?? '', key[1] ?? ''],
    limit: input.limit,
  });
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    items: shown,
    next_cursor: rows.length > input.limit && last !== undefined ? encodeCursor([last.ignored_at, last.rule_id]) : null,
  };
}
