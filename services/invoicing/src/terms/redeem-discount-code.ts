import { addMonths, type invoicing, isRefusal, type Period, periodOf, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import type { Discount } from '../domain/rating/terms.ts';
import { isLower, monthAmounts } from '../rating/month-amount.ts';
import type { Tables } from '../store/schema.ts';
import { beginAttempt, undoAttempt } from '../store/subscriptions/attempts.ts';
import { discountOfCode, takeCode } from './manage-discount-codes.ts';
import { openTerms, storeTerm, termIdOf } from './manage-terms.ts';
import { publishTerms } from './publish-terms.ts';

/**
 * Redeems a code for a tenant. Like every change of a tenant's own it never lowers the running month: if the month costs less by it
 * so far, the discount begins with the next one.
 */
export async function redeemDiscountCode(
  { input, actor, tx }: CommandRequest<typeof invoicing.redeemDiscountCode, Tables>,
  ctx: CommandContext,
) {
  const scope = tenantScope(actor);
  const tenantId = scope ?? input.tenant_id ?? null;
  if (tenantId === null) return refuse('tenant-missing', 'Give `tenant_id`: an operator has no tenant of its own.');
  if (input.tenant_id !== undefined && input.tenant_id !== tenantId)
    return refuse('not-found', `There is no tenant ${input.tenant_id}.`);
  const now = ctx.clock.now();
  const known = await openTerms(tx, { tenantId, type: 'discount', actor });
  if (isRefusal(known)) return known;
  const discount_id = termIdOf(tenantId, known);
  const code = await takeCode(tx, { code: input.code, tenantId, termId: discount_id, actor, now });
  if (isRefusal(code)) return code;
  const from = (first_period: Period): Discount =>
    discountOfCode(code, { discount_id, number: known.length + 1, first_period });
  const period = periodOf(now);
  const store = (term: Discount): Promise<void> =>
    storeTerm(tx, {
      tenantId,
      known,
      of: { type: 'discount', term },
      from: period,
      by: actor.subject,
      reason: undefined,
      now,
    });
  const amounts = () => monthAmounts(tx.sql, { tenantId, now });
  const before = await amounts();
  await beginAttempt(tx.sql);
  let discount = from(period);
  await store(discount);
  if (isLower(await amounts(), before)) {
    await undoAttempt(tx.sql);
    discount = from(addMonths(period, 1));
    await store(discount);
  }
  await publishTerms(tx, { tenantId, from: discount.first_period, now });
  return discount;
}
