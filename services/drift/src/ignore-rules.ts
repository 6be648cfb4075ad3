import { type drift, isRefusal, refuse } from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import { compare } from './compare.ts';
import type { CommandContext, Context } from './context.ts';
import { noSuchDrift } from './read-drift.ts';
import { lockComparing } from './store/comparison.ts';
import { selectDrift } from './store/drift-rows.ts';
import { endRule, findRule, insertRule, openResourcesUnder, selectRules } from './store/ignore-rules.ts';
import { lockDrift } from './store/requests.ts';
import type { Tables } from './store/schema.ts';

/** Creates an ignore rule. Open rows of the field become stale at once, except those with a pending request. */
export async function ignoreDrift(
  { input, actor, tx }: CommandRequest<typeof drift.ignoreDrift, Tables>,
  ctx: CommandContext,
) {
  const now = ctx.clock.now();
  await lockComparing(tx.sql);
  const row = await lockDrift(tx.sql, input.drift_id);
  const [selected] = await selectDrift(tx.sql, { driftId: input.drift_id, limit: 1 });
  if (row === null || selected === undefined) return noSuchDrift();
  if (row.requested_action !== null)
    return refuse(
      'conflict',
      `${row.requested_by} has requested to ${row.requested_action} this drift; wait for the outcome.`,
    );
  const rule = await insertRule(tx.sql, {
    provider: selected.provider,
    resource_kind: selected.resource_kind,
    resource_id: input.scope === 'resource' ? row.resource_id : null,
    field: row.field,
    reason: input.reason,
    ignored_by: actor.subject,
    ignored_at: now.toString(),
  });
  await compare(tx, { scope: await openResourcesUnder(tx.sql, [rule.rule_id]), now, isSweep: false });
  return rule;
}

/** Ends an ignore rule, which is kept. The next sweep compares the field again. */
export async function stopIgnoring(
  { input, actor, tx }: CommandRequest<typeof drift.stopIgnoring, Tables>,
  ctx: CommandContext,
) {
  await lockComparing(tx.sql);
  const ended = await endRule(tx.sql, { ruleId: input.rule_id, by: actor.subject, at: ctx.clock.now().toString() });
  if (ended !== null) return ended;
  const before = await findRule(tx.sql, input.rule_id);
  if (before === null) return noSuchRule(input.rule_id);
  return refuse('conflict', `The ignore rule ${input.rule_id} was ended by ${before.ended_by} at ${before.ended_at}.`);
}

export async function getIgnored({ input }: ReadRequest<typeof drift.getIgnored>, ctx: Context) {
  return (await findRule(ctx.db, input.rule_id)) ?? noSuchRule(input.rule_id);
}

const noSuchRule = (id: string) => refuse('not-found', `There is no ignore rule ${id}.`);

export async function listIgnored({ input }: ReadRequest<typeof drift.listIgnored>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const rules = await selectRules(ctx.db, { isEnded: input.is_ended === 'true', after, limit: input.limit });
  return cutPage(rules, {
    limit: input.limit,
    keyOf: (rule) => [rule.ignored_at, rule.rule_id],
    itemOf: (rule) => rule,
  });
}
