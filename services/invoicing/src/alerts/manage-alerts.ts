import {
  canonicalDecimal,
  type invoicing,
  isRefusal,
  nameUuid,
  periodOf,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { deleteRule, insertRule, type ListedRule, pageOfRules } from '../store/alerts/alerts.ts';
import type { Tables } from '../store/schema.ts';
import type { DeploymentRow } from '../store/tenants/deployments.ts';

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

/** Creates an alert; the same threshold requested twice is one alert. Usage so far counts: the alert is evaluated at once. */
export async function createAlert(
  request: CommandRequest<typeof invoicing.createAlert, Tables> & { resolved: DeploymentRow },
  ctx: CommandContext,
) {
  const { input, resolved, tx } = request;
  if (input.basis === 'included_percent' && input.kind === undefined) {
    return refuse('kind-missing', 'A percentage is of the included quantity of one kind: give `kind`.');
  }
  const now = ctx.clock.now();
  const kind = input.kind ?? null;
  const value = canonicalDecimal(input.value);
  const { deployment_id, tenant_id } = resolved;
  const rule = {
    alert_id: nameUuid('alert', deployment_id, input.basis, kind ?? '', value),
    tenant_id,
    deployment_id,
    basis: input.basis,
    kind,
    value,
    created_at: now.toString(),
  };
  await insertRule(tx.sql, rule);
  await tx.enqueue('evaluate-alerts', { deployment_id, period: periodOf(now) }, { cause: `${rule.alert_id}:${now}` });
  return viewOf({ ...rule, crossed: [] });
}

export async function deleteAlert({ input, actor, tx }: CommandRequest<typeof invoicing.deleteAlert, Tables>) {
  const isDeleted = await deleteRule(tx.sql, { alertId: input.alert_id, tenantId: tenantScope(actor) });
  return isDeleted ? { deleted: true } : refuse('not-found', `There is no alert ${input.alert_id}.`);
}

export async function listAlerts({ input, actor }: ReadRequest<typeof invoicing.listAlerts>, ctx: Context) {
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  const rows = await pageOfRules(ctx.db, {
    tenantId: tenantScope(actor),
    deploymentId: input.deployment ?? null,
    after: after?.[0] ?? null,
    limit: input.limit,
  });
  return cutPage(rows, { limit: input.limit, keyOf: ({ alert_id }) => [alert_id], itemOf: viewOf });
}
