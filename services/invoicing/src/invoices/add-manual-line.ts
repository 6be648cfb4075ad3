import {
  type invoicing,
  isRefusal,
  nameUuid,
  periodOf,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { fraction, times, toWhole } from '../domain/rating/fraction.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { findBilledPeriod } from '../store/invoices/billed-periods.ts';
import type { Schema } from '../store/schema.ts';
import { isKnownTenant } from '../store/tenants/known-tenants.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { type Context, knowDeployment } from '../tenants/look-up-deployment.ts';

type Input = RequestInput<typeof invoicing.addManualLine>;

/** A one-off line for a tenant's next invoice; a negative price is a discount. */
export const addManualLine = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input }: { input: Input },
): Promise<RequestOutput<typeof invoicing.addManualLine> | Refusal> => {
  const now = ctx.clock.now();
  const period = input.period ?? periodOf(now);
  await lockTenant(tx.sql, input.tenant_id);
  if (input.deployment_id !== undefined) {
    const deployment = await knowDeployment(tx.sql, ctx, {
      deploymentId: input.deployment_id,
      tenantId: input.tenant_id,
    });
    if (deployment === null) return refuse('not-found', `${input.tenant_id} has no deployment ${input.deployment_id}.`);
  }
  if (!(await isKnownTenant(tx.sql, input.tenant_id))) {
    const detail = `There is no tenant ${input.tenant_id}: it has no deployment and no subscription. Describe its billing profile first.`;
    return refuse('not-found', detail);
  }
  if ((await findBilledPeriod(tx.sql, input.tenant_id, period)) !== null) {
    return refuse('period-invoiced', `${period} is invoiced to ${input.tenant_id} already; name a later month.`);
  }
  const exact = times(fraction(input.qty), fraction(input.unit_price_cents));
  const amount_cents = await refuseTooLarge(() => toWhole(exact, 'half_up', `"${input.description}"`));
  if (isRefusal(amount_cents)) return amount_cents;
  const count = await tx.sql
    .selectFrom('manual_lines')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', input.tenant_id)
    .executeTakeFirst();
  const manual_line_id = nameUuid('manual-line', input.tenant_id, String(Number(count?.count ?? 0) + 1));
  await tx.sql
    .insertInto('manual_lines')
    .values({
      manual_line_id,
      tenant_id: input.tenant_id,
      period,
      deployment_id: input.deployment_id ?? null,
      description: input.description,
      qty: input.qty,
      unit: input.unit,
      unit_price_cents: input.unit_price_cents,
      amount_cents: String(amount_cents),
      invoice_id: null,
      created_at: now.toString(),
    })
    .execute();
  return { manual_line_id, tenant_id: input.tenant_id, period, amount_cents, description: input.description };
};
