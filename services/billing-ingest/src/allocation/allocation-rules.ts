import {
  type billingIngest,
  Decimal,
  type RequestInput,
  type RequestRefusal,
  refuse,
  usageKinds,
} from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { enqueueForInvoices } from '../invoices/enqueue-for-invoices.ts';
import { allRules, listedRule, replacedRules, storedRule, upsertRule } from '../store/allocation/allocation-rules.ts';
import { firstWrongOwner } from '../store/deployments/deployments.ts';
import { ingestedInvoices } from '../store/invoices/invoices.ts';
import type { Tables } from '../store/schema.ts';
import { wasEverMetered } from '../store/usage/metered-usage.ts';
import { refuseUnknownTenants } from '../tenants/refuse-unknown-tenants.ts';

export async function listAllocationRules(
  { input }: ReadRequest<typeof billingIngest.listAllocationRules>,
  ctx: Context,
) {
  if (input.is_replaced === true) return { rules: await replacedRules(ctx.db) };
  return { rules: (await allRules(ctx.db)).map(listedRule) };
}

/** The refusal of a tenant in a share that does not exist; null if all do. */
export const resolveSharedTenants = (
  { input: { rule } }: ReadRequest<typeof billingIngest.putAllocationRule>,
  ctx: Context,
) =>
  rule.method === 'fixed'
    ? refuseUnknownTenants(
        ctx,
        rule.shares.flatMap(({ tenant_id }) => tenant_id ?? []),
      )
    : Promise.resolve(null);

export async function getAllocationRule({ input }: ReadRequest<typeof billingIngest.getAllocationRule>, ctx: Context) {
  const rules = (await allRules(ctx.db)).map(storedRule);
  return { rules: rules.filter(({ line_class }) => line_class === input.line_class) };
}

/** Sets a rule from a period on, and enqueues a new allocation of the invoices of that period and later ones. */
export async function putAllocationRule(
  { input, actor, tx }: CommandRequest<typeof billingIngest.putAllocationRule, Tables>,
  ctx: CommandContext,
) {
  const refusal = await refusalOf(input.rule, tx);
  if (refusal !== null) return refusal;
  const row = {
    line_class: input.line_class,
    from_period: input.from_period,
    rule: input.rule,
    set_by: actor.subject,
    set_at: ctx.clock.now().toString(),
  };
  const replaces = await upsertRule(tx.sql, row);
  const invoiceUuids = await ingestedInvoices(tx.sql, { from: input.from_period, to: null });
  await enqueueForInvoices(tx, 'rematch', { invoiceUuids });
  return { ...storedRule(row), replaces, invoices: invoiceUuids.length };
}

type Rule = RequestInput<typeof billingIngest.putAllocationRule>['rule'];
type RuleRefusal = RequestRefusal<typeof billingIngest.putAllocationRule>;
type FixedShares = Extract<Rule, { method: 'fixed' }>['shares'];

async function refusalOf(rule: Rule, tx: Tx): Promise<RuleRefusal | null> {
  if (rule.method === 'usage') return refusalOfKind(rule.kind, tx);
  if (rule.method === 'fixed') return refusalOfShares(rule.shares) ?? (await refusalOfOwners(rule.shares, tx));
  return null;
}

/** Without this check a misspelt kind would silently leave its lines unallocated. */
async function refusalOfKind(kind: string, tx: Tx): Promise<RuleRefusal | null> {
  if (Object.hasOwn(usageKinds, kind) || (await wasEverMetered(tx.sql, kind))) return null;
  const known = Object.keys(usageKinds).join(', ');
  return refuse(
    'unknown-kind',
    `"${kind}" has never been metered. Use one of ${known}, or a kind of your own (GET /api/v1/metering/config lists them) after its first usage was metered.`,
  );
}

function refusalOfShares(shares: FixedShares): RuleRefusal | null {
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
}

/** Without this check a share of an unknown owner would look allocated although nobody pays for it. */
async function refusalOfOwners(shares: FixedShares, tx: Tx): Promise<RuleRefusal | null> {
  const wrong = await firstWrongOwner(tx.sql, shares);
  const share = shares[(wrong?.place ?? 0) - 1];
  if (wrong === null || share === undefined) return null;
  const { tenant_id, deployment_id } = share;
  const place = `Share ${wrong.place} of ${shares.length}`;
  if (wrong.real_tenant_id === null) {
    return refuse(
      'unknown-deployment',
      `${place} names deployment ${deployment_id}, which does not exist; name one that GET /api/v1/deployments lists.`,
    );
  }
  return refuse(
    'tenant-mismatch',
    `${place} names deployment ${deployment_id} of tenant ${tenant_id}, but it belongs to tenant ${wrong.real_tenant_id}; name it with that tenant.`,
  );
}
