import {
  type Actor,
  canonicalDecimal,
  type invoicing,
  isRefusal,
  nameUuid,
  periodOf,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor, readSorting, sortCursor } from '@arcadia/platform';
import { refuseUnknownKinds } from '../catalog/resolve-kinds.ts';
import type { CommandContext, Context } from '../context.ts';
import { wholeCents } from '../domain/alerts/thresholds.ts';
import {
  countEndedRules,
  endRule,
  findRule,
  insertRule,
  type ListedRule,
  pageOfRules,
} from '../store/alerts/alerts.ts';
import type { Tables } from '../store/schema.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import type { DeploymentRow } from '../store/tenants/deployments.ts';
import { resolveDeployment } from '../tenants/look-up-deployment.ts';

type View = RequestOutput<typeof invoicing.createAlert>;
type Input = RequestInput<typeof invoicing.createAlert>;

const viewOf = ({
  alert_id,
  tenant_id,
  deployment_id,
  basis,
  kind,
  value,
  currency,
  crossed,
  ended_at,
  ended_by,
}: ListedRule): View => ({
  alert_id,
  tenant_id,
  deployment_id,
  basis,
  kind,
  amount_cents: basis === 'money' ? wholeCents(value) : null,
  currency,
  value: canonicalDecimal(value),
  crossed: crossed.map((crossing) => ({
    ...crossing,
    reached_cents: basis === 'money' ? wholeCents(crossing.reached) : null,
  })),
  ended_at,
  ended_by,
});

/** The threshold as entered, in per cent or in whole cents; null if there is none, or two that differ. */
const thresholdOf = ({ basis, amount_cents, value }: Input): string | null => {
  if (basis !== 'money') return amount_cents === undefined ? (value ?? null) : null;
  const named = amount_cents === undefined ? undefined : String(amount_cents);
  if (named !== undefined && value !== undefined && canonicalDecimal(value) !== named) return null;
  const threshold = named ?? value ?? null;
  // `5.5` for 5.50 would ring at five cents.
  return threshold === null || wholeCents(threshold) === null ? null : threshold;
};

/** The deployment of an alert, once its kind is known to exist. */
export async function resolveAlert(
  request: { input: { deployment_id: string; kind?: string | undefined }; actor: Actor },
  ctx: Context,
) {
  const { kind } = request.input;
  const unknown = kind === undefined ? null : await refuseUnknownKinds(ctx, [kind]);
  return unknown ?? resolveDeployment(request, ctx);
}

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
  const threshold = thresholdOf(input);
  if (threshold === null)
    return refuse(
      'threshold-missing',
      input.basis === 'money'
        ? 'Give the threshold as `amount_cents`, such as 500 for 5.00.'
        : 'Give the threshold as `value`, in per cent of the included quantity.',
    );
  const value = canonicalDecimal(threshold);
  const { deployment_id, tenant_id } = resolved;
  const terms = { deployment_id, basis: input.basis, kind, value };
  // One that has ended stays as it was; the same threshold requested later is another alert.
  const ended = await countEndedRules(tx.sql, terms);
  const nth = ended === 0 ? [] : [String(ended)];
  const rule = {
    ...terms,
    alert_id: nameUuid('alert', deployment_id, input.basis, kind ?? '', value, ...nth),
    tenant_id,
    created_at: now.toString(),
    ended_at: null,
    ended_by: null,
  };
  await insertRule(tx.sql, rule);
  await tx.enqueue('evaluate-alerts', { deployment_id, period: periodOf(now) }, { cause: `${rule.alert_id}:${now}` });
  const { currency } = await findBillingProfile(tx.sql, tenant_id);
  return viewOf({ ...rule, currency, crossed: [] });
}

/** Ends an alert, once. What it noticed stays. */
export async function deleteAlert(
  { input, actor, tx }: CommandRequest<typeof invoicing.deleteAlert, Tables>,
  ctx: CommandContext,
) {
  const rule = await findRule(tx.sql, { alertId: input.alert_id, tenantId: tenantScope(actor), lock: true });
  if (rule === null) return refuse('not-found', `There is no alert ${input.alert_id}.`);
  if (rule.ended_at !== null)
    return refuse('already-ended', `Alert ${input.alert_id} was deleted at ${rule.ended_at} by ${rule.ended_by}.`);
  await endRule(tx.sql, { alertId: input.alert_id, at: ctx.clock.now(), by: actor.subject });
  return { deleted: true };
}

export async function getAlert({ input, actor }: ReadRequest<typeof invoicing.getAlert>, ctx: Context) {
  const rule = await findRule(ctx.db, { alertId: input.alert_id, tenantId: tenantScope(actor) });
  return rule === null ? refuse('not-found', `There is no alert ${input.alert_id}.`) : viewOf(rule);
}

export async function listAlerts({ input, actor }: ReadRequest<typeof invoicing.listAlerts>, ctx: Context) {
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const after = sorting === null ? readCursor(input.cursor, 1) : null;
  if (isRefusal(after)) return after;
  const rows = await pageOfRules(ctx.db, {
    tenantId: tenantScope(actor),
    deploymentId: input.deployment_id ?? null,
    includeEnded: input.include_ended ?? false,
    after: after?.[0] ?? null,
    sorting,
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ alert_id: id, sort_key }) => (sorting === null ? [id] : sortCursor(sorting, { sort_key, id })),
    itemOf: viewOf,
  });
}
