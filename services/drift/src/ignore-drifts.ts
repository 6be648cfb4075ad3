import type { drift, RequestOutput } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import { compare } from './compare.ts';
import type { CommandContext } from './context.ts';
import { lockComparing } from './store/comparison.ts';
import { insertRules, openResourcesUnder } from './store/ignore-rules.ts';
import { lockDrifts } from './store/requests.ts';
import type { DriftRow, Tables } from './store/schema.ts';

type Result = RequestOutput<typeof drift.ignoreDrifts>['results'][number];

/** Creates ignore rules for the fields of many drifts. Each is answered on its own; open rows become stale at once. */
export async function ignoreDrifts(
  { input, actor, tx }: CommandRequest<typeof drift.ignoreDrifts, Tables>,
  { clock }: CommandContext,
): Promise<{ results: Result[] }> {
  const now = clock.now();
  await lockComparing(tx.sql);
  const ids = [...new Set(input.drift_ids)];
  const rows = await lockDrifts(tx.sql, ids);
  const possible = ids.filter((driftId) => refusalOf(rows.get(driftId)) === null);
  const rules = await insertRules(tx.sql, possible, {
    scope: input.scope,
    reason: input.reason,
    ignored_by: actor.subject,
    ignored_at: now.toString(),
  });
  const scope = await openResourcesUnder(
    tx.sql,
    rules.map(({ rule_id }) => rule_id),
  );
  await compare(tx, { scope, now, isSweep: false });
  const byDrift = new Map(rules.map((rule) => [rule.drift_id, rule]));
  return {
    results: ids.map((driftId): Result => {
      const rule = byDrift.get(driftId);
      if (rule === undefined) {
        return { drift_id: driftId, outcome: 'refused', rule_id: null, refusal: refusalOf(rows.get(driftId)) };
      }
      const outcome = rule.is_new ? 'ignored' : 'already';
      return { drift_id: driftId, outcome, rule_id: rule.rule_id, refusal: null };
    }),
  };
}

function refusalOf(row: DriftRow | undefined): Result['refusal'] {
  if (row === undefined) return { word: 'not-found', detail: 'There is no drift with this `drift_id`.' };
  if (row.requested_action === null) return null;
  const detail = `${row.requested_by} has requested to ${row.requested_action} this drift; wait for the outcome.`;
  return { word: 'conflict', detail };
}
