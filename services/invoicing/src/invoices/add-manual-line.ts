import {
  type Actor,
  type invoicing,
  isRefusal,
  nameUuid,
  periodOf,
  type RequestInput,
  refuse,
} from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { fraction, times, toWhole } from '../domain/rating/fraction.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { findBilledPeriod } from '../store/invoices/billed-periods.ts';
import { countManualLines, insertManualLine } from '../store/invoices/manual-lines.ts';
import type { Tables } from '../store/schema.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { lookUpDeployment } from '../tenants/look-up-deployment.ts';
import { refuseUnknownTenants } from '../tenants/refuse-unknown-tenant.ts';

/** The deployment that the line names; null if it names none. */
export async function resolveManualLine(
  { input }: { input: RequestInput<typeof invoicing.addManualLine>; actor: Actor },
  ctx: Context,
) {
  const { deployment_id: deploymentId, tenant_id: tenantId } = input;
  return deploymentId === undefined ? null : lookUpDeployment(ctx, { deploymentId, tenantId });
}

/** Adds a one-off line to a tenant's next invoice; a negative price is a discount. */
export async function addManualLine(
  { input, tx }: CommandRequest<typeof invoicing.addManualLine, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id, description, qty, unit, unit_price_cents } = input;
  const now = ctx.clock.now();
  const period = input.period ?? periodOf(now);
  await lockTenant(tx.sql, tenant_id);
  const unknown = await refuseUnknownTenants(tx.sql, [tenant_id]);
  if (unknown !== null) return unknown;
  if ((await findBilledPeriod(tx.sql, tenant_id, period)) !== null) {
    return refuse('period-invoiced', `${tenant_id} is already invoiced for ${period}; give a later \`period\`.`);
  }
  const exact = times(fraction(qty), fraction(unit_price_cents));
  const amount_cents = await refuseTooLarge(() => toWhole(exact, 'half_up', `"${description}"`));
  if (isRefusal(amount_cents)) return amount_cents;
  const number = (await countManualLines(tx.sql, tenant_id)) + 1;
  const manual_line_id = nameUuid('manual-line', tenant_id, String(number));
  await insertManualLine(tx.sql, {
    manual_line_id,
    tenant_id,
    period,
    deployment_id: input.deployment_id ?? null,
    description,
    qty,
    unit,
    unit_price_cents,
    amount_cents: String(amount_cents),
    invoice_id: null,
    created_at: now.toString(),
  });
  return { manual_line_id, tenant_id, period, amount_cents, description };
}
