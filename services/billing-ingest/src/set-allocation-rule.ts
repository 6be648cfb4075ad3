import { type billingIngest, Decimal, type RequestInput, refuse } from '@arcadia/contracts';
import type { BillingContext, Command } from './context.ts';
import { rematchInvoiceJob } from './rematch-invoice.ts';
import { allRules, putRule, storedRule } from './store/allocation-rules.ts';
import { ingestedInvoices } from './store/invoices.ts';
import { transactionNumber } from './store/transaction-number.ts';

type Asked = Command<typeof billingIngest.putAllocationRule>;

export const listAllocationRules = async (_asked: unknown, ctx: BillingContext) => ({
  rules: (await allRules(ctx.db)).map(storedRule),
});

/** Sets a rule from a period on, and has what was ingested of that period and later ones allocated by it. */
export const setAllocationRule = async ({ input, actor, tx }: Asked, ctx: BillingContext) => {
  const refusal = refusalOf(input.rule);
  if (refusal !== null) return refusal;
  const now = ctx.clock.now().toString();
  const row = {
    line_class: input.line_class,
    from_period: input.from_period,
    rule: input.rule,
    set_by: actor.subject,
    set_at: now,
  };
  await putRule(tx.sql, row);
  const invoices = await ingestedInvoices(tx.sql, { from: input.from_period, to: null });
  const cause = `rule:${await transactionNumber(tx.sql)}`;
  for (const invoice_uuid of invoices) {
    await tx.enqueue(rematchInvoiceJob, { invoice_uuid }, { cause });
  }
  return { ...storedRule(row), invoices: invoices.length };
};

const refusalOf = (rule: RequestInput<typeof billingIngest.putAllocationRule>['rule']) => {
  if (rule.method !== 'fixed') return null;
  for (const { target, tenant_id, deployment_id, fraction } of rule.shares) {
    const isNamed =
      (target === 'operator') === (tenant_id === null) && (target === 'deployment') === (deployment_id !== null);
    if (!isNamed) {
      return refuse(
        'share-without-target',
        'A share names a deployment with its tenant, a tenant alone, or the operator without either.',
      );
    }
    if (new Decimal(fraction).isNegative())
      return refuse('shares-exceed-one', 'A share is a fraction between 0 and 1.');
  }
  const sum = rule.shares.reduce((total, { fraction }) => total.plus(fraction), new Decimal(0));
  return sum.greaterThan(1)
    ? refuse('shares-exceed-one', `The shares add up to ${sum.toFixed()}; at most 1 can be given away.`)
    : null;
};
