import {
  type Actor,
  canonicalDecimal,
  type invoicing,
  isRefusal,
  nameUuid,
  periodOf,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { cursorKey, pageFrom } from '../paging.ts';
import { type ListedRule, pageOfRules } from '../store/alerts/alerts.ts';
import type { Schema } from '../store/schema.ts';
import { type Context, knowDeployment } from '../tenants/look-up-deployment.ts';

type View = RequestOutput<typeof invoicing.createAlert>;

const viewOf = ({ alert_id, tenant_id, deployment_id, basis, kind, value, crossed }: ListedRule): View => ({
  alert_id,
  tenant_id,
  deployment_id,
  basis,
  kind,
  value: canonicalDecimal(value),
  crossed,
});

/** The same threshold asked for twice is one. What is used already counts: it is looked at straight away. */
export const createAlert = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.createAlert>; actor: Actor },
): Promise<View | Refusal> => {
  const deployment = await knowDeployment(tx.sql, ctx, {
    deploymentId: input.deployment_id,
    tenantId: tenantScope(actor),
  });
  if (deployment === null) return refuse('not-found', `There is no deployment ${input.deployment_id}.`);
  if (input.basis === 'included_percent' && input.kind === undefined) {
    return refuse('kind-missing', 'A per cent is of the included quantity of a kind: name the kind.');
  }
  const now = ctx.clock.now();
  const kind = input.kind ?? null;
  const value = canonicalDecimal(input.value);
  const { deployment_id, tenant_id } = deployment;
  const rule = {
    alert_id: nameUuid('alert', deployment_id, input.basis, kind ?? '', value),
    tenant_id,
    deployment_id,
    basis: input.basis,
    kind,
    value,
    created_at: now.toString(),
  };
  await tx.sql
    .insertInto('alert_rules')
    .values(rule)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx.enqueue('evaluate-alerts', { deployment_id, period: periodOf(now) }, { cause: `${rule.alert_id}:${now}` });
  return viewOf({ ...rule, crossed: [] });
};

export const deleteAlert = async (
  tx: Tx<Schema>,
  _: Context,
  { input, actor }: { input: { alert_id: string }; actor: Actor },
): Promise<{ deleted: boolean } | Refusal> => {
  const scope = tenantScope(actor);
  let query = tx.sql.deleteFrom('alert_rules').where('alert_id', '=', input.alert_id);
  if (scope !== null) query = query.where('tenant_id', '=', scope);
  const { numDeletedRows } = await query.executeTakeFirst();
  return numDeletedRows > 0n ? { deleted: true } : refuse('not-found', `There is no alert ${input.alert_id}.`);
};

export const listAlerts = async (
  ctx: Context,
  { input, actor }: { input: RequestInput<typeof invoicing.listAlerts>; actor: Actor },
) => {
  const after = cursorKey(input.cursor, 1);
  if (isRefusal(after)) return after;
  const rows = await pageOfRules(ctx.db, {
    tenantId: tenantScope(actor),
    deploymentId: input.deployment ?? null,
    after: after?.[0] ?? null,
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, { key: ({ alert_id }) => [alert_id], item: viewOf });
};
