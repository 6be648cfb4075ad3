import { type billingIngest, Decimal, type Refusal, type RequestInput, refuse, usageKinds } from '@arcadia/contracts';
import type { BillingContext, BillingTx, Command } from './context.ts';
import { rematchInvoiceJob } from './rematch-invoice.ts';
import { allRules, putRule, storedRule } from './store/allocation-rules.ts';
import { firstUnknownOwner } from './store/deployments.ts';
import { ingestedInvoices } from './store/invoices.ts';
import { wasEverMetered } from './store/metered-usage.ts';
import { transactionNumber } from './store/transaction-number.ts';

type Asked = Command<typeof billingIngest.putAllocationRule>;

export const listAllocationRules = async (_asked: unknown, ctx: BillingContext) => ({
  rules: (await allRules(ctx.db)).map(storedRule),
});

/** Sets a rule from a period on, and has what was ingested of that period and later ones allocated by it. */
export const setAllocationRule = async ({ input, actor, tx }: Asked, ctx: BillingContext) => {
  const refusal = await refusalOf(input.rule, tx);
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

type Rule = RequestInput<typeof billingIngest.putAllocationRule>['rule'];
type FixedShares = Extract<Rule, { method: 'fixed' }>['shares'];

const refusalOf = async (rule: Rule, tx: BillingTx): Promise<Refusal | null> => {
  if (rule.method === 'usage') return refusalOfKind(rule.kind, tx);
  if (rule.method === 'fixed') return refusalOfShares(rule.shares) ?? (await refusalOfOwners(rule.shares, tx));
  return null;
};

/** A misspelt kind would leave its lines unallocated without a word. */
const refusalOfKind = async (kind: string, tx: BillingTx): Promise<Refusal | null> => {
  if (Object.hasOwn(usageKinds, kind) || (await wasEverMetered(tx.sql, kind))) return null;
  const known = Object.keys(usageKinds).join(', ');
  return refuse(
    'unknown-kind',
    `Nothing was ever metered of ${kind}. Name one of ${known}, or a kind of your own (GET /api/v1/metering/config lists them) once usage of it was metered.`,
  );
};

const refusalOfShares = (shares: FixedShares): Refusal | null => {
  for (const { target, tenant_id, deployment_id, fraction } of shares) {
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
  const sum = shares.reduce((total, { fraction }) => total.plus(fraction), new Decimal(0));
  return sum.greaterThan(1)
    ? refuse('shares-exceed-one', `The shares add up to ${sum.toFixed()}; at most 1 can be given away.`)
    : null;
};

/** What is given to somebody who does not exist is on nobody's account, and still looks allocated. */
const refusalOfOwners = async (shares: FixedShares, tx: BillingTx): Promise<Refusal | null> => {
  const unknown = await firstUnknownOwner(tx.sql, shares);
  const share = shares[(unknown?.place ?? 0) - 1];
  if (unknown === null || share === undefined) return null;
  const { tenant_id, deployment_id } = share;
  const place = `Share ${unknown.place} of ${shares.length}`;
  if (deployment_id === null) {
    return refuse(
      'unknown-tenant',
      `${place} names tenant ${tenant_id}, who has no deployment; name a tenant that has one.`,
    );
  }
  if (unknown.real_tenant_id === null) {
    return refuse(
      'unknown-deployment',
      `${place} names deployment ${deployment_id}, which does not exist; name one that GET /api/v1/deployments lists.`,
    );
  }
  return refuse(
    'tenant-mismatch',
    `${place} names deployment ${deployment_id} of tenant ${tenant_id}, but it is tenant ${unknown.real_tenant_id}'s; name it with its own tenant.`,
  );
};
