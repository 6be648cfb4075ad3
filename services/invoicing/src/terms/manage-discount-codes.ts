import {
  type Actor,
  addMonths,
  type invoicing,
  isOperator,
  isRefusal,
  type Refusal,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import { type CommandRequest, cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import type { Discount } from '../domain/rating/terms.ts';
import { discountRule } from '../domain/terms/discount-rule.ts';
import type { Tables } from '../store/schema.ts';
import { findBillingProfile, usualCurrency } from '../store/tenants/billing-profiles.ts';
import {
  findDiscountCode,
  insertDiscountCode,
  isRedeemedBy,
  lockDiscountCode,
  markCodeEnded,
  noteRedemption,
  pageOfDiscountCodes,
} from '../store/terms/discount-codes.ts';
import type { DiscountCodeRow } from '../store/terms/term-tables.ts';
import { refuseUnknownTenants } from '../tenants/refuse-unknown-tenant.ts';
import { missingPlan } from './missing-plan.ts';

type View = RequestOutput<typeof invoicing.createDiscountCode>;

const viewOf = ({ rule, created_by: _by, ...row }: DiscountCodeRow): View => ({ ...row, ...rule });

const spelled = (code: string): string => code.toUpperCase();

export async function createDiscountCode(
  { input, actor, tx }: CommandRequest<typeof invoicing.createDiscountCode, Tables>,
  ctx: CommandContext,
) {
  const rule = discountRule(input);
  if ('fault' in rule) return refuse('invalid-term', rule.fault);
  const missing = await missingPlan(tx.sql, rule.plan_code);
  if (missing !== null) return missing;
  const unknown = await refuseUnknownTenants(tx.sql, input.tenants ?? []);
  if (unknown !== null) return unknown;
  const { redeemable_from = null, redeemable_until = null } = input;
  if (
    redeemable_until !== null &&
    redeemable_from !== null &&
    Temporal.Instant.compare(redeemable_until, redeemable_from) <= 0
  )
    return refuse(
      'invalid-term',
      `\`redeemable_until\` is ${redeemable_until}: give an instant after ${redeemable_from}.`,
    );
  const code = spelled(input.code);
  const row = {
    code,
    rule,
    currency: rule.amount_cents === undefined ? null : (input.currency ?? usualCurrency),
    months: input.months ?? null,
    is_redeemable: input.is_redeemable,
    tenants: input.tenants ?? null,
    redeemable_from,
    redeemable_until,
    max_redemptions: input.max_redemptions ?? null,
    created_at: ctx.clock.now().toString(),
    created_by: actor.subject,
  };
  if (!(await insertDiscountCode(tx.sql, row)))
    return refuse('code-exists', `There is a discount code ${code} already; its terms do not change.`);
  return viewOf({ ...row, redemptions: 0, ended_at: null });
}

export async function listDiscountCodes({ input }: ReadRequest<typeof invoicing.listDiscountCodes>, ctx: Context) {
  const after = readCursor(input.cursor, 1);
  if (isRefusal(after)) return after;
  const { q: text = null, limit } = input;
  const rows = await pageOfDiscountCodes(ctx.db, { text, after: after?.[0] ?? null, limit });
  return cutPage(rows, { limit: input.limit, keyOf: ({ code }) => [code], itemOf: viewOf });
}

export async function getDiscountCode({ input }: ReadRequest<typeof invoicing.getDiscountCode>, ctx: Context) {
  const row = await findDiscountCode(ctx.db, spelled(input.code));
  return row === null ? noSuchCode(input.code) : viewOf(row);
}

const noSuchCode = (code: string) => refuse('code-not-found', `There is no discount code ${spelled(code)}.`);

export async function endDiscountCode(
  { input, tx }: CommandRequest<typeof invoicing.endDiscountCode, Tables>,
  ctx: CommandContext,
) {
  const code = spelled(input.code);
  const row = await lockDiscountCode(tx.sql, code);
  if (row === null) return noSuchCode(code);
  if (row.ended_at !== null) return refuse('already-ended', `Discount code ${code} was ended at ${row.ended_at}.`);
  const now = ctx.clock.now();
  await markCodeEnded(tx.sql, code, now);
  return viewOf({ ...row, ended_at: now.toString() });
}

type CodeRefusal = Refusal<'code-not-found' | 'code-used-up' | 'already-redeemed' | 'currency-mismatch'>;

/**
 * Gives a tenant a code, once; the tenant is locked. A tenant learns nothing about a code that it may not redeem: it is answered as
 * one that does not exist.
 */
export const takeCode = async (
  tx: Tx,
  given: { code: string; tenantId: string; termId: string; actor: Actor; now: Temporal.Instant },
): Promise<DiscountCodeRow | CodeRefusal> => {
  const { tenantId, termId, actor, now } = given;
  const code = spelled(given.code);
  const row = await lockDiscountCode(tx.sql, code);
  const why = row === null ? 'there is none' : whyNot(row, { tenantId, isGranted: isOperator(actor), now });
  if (row === null || why !== null)
    return refuse(
      'code-not-found',
      isOperator(actor)
        ? `${tenantId} cannot be given the code ${code}: ${why}.`
        : `The code ${code} cannot be redeemed.`,
    );
  if (await isRedeemedBy(tx.sql, code, tenantId))
    return refuse('already-redeemed', `${tenantId} was given the code ${code} already.`);
  if (row.max_redemptions !== null && row.redemptions >= row.max_redemptions)
    return refuse('code-used-up', `The code ${code} was given as often as it may be.`);
  const { currency } = await findBillingProfile(tx.sql, tenantId);
  if (row.currency !== null && row.currency !== currency)
    return refuse('currency-mismatch', `The code ${code} is in ${row.currency}; ${tenantId} is billed in ${currency}.`);
  await noteRedemption(tx.sql, { code, tenantId, termId });
  return row;
};

const whyNot = (
  row: DiscountCodeRow,
  { tenantId, isGranted, now }: { tenantId: string; isGranted: boolean; now: Temporal.Instant },
): string | null => {
  const { redeemable_from: from, redeemable_until: until } = row;
  if (row.ended_at !== null) return `it was ended at ${row.ended_at}`;
  if (!row.is_redeemable && !isGranted) return 'operators grant it';
  if (row.tenants !== null && !row.tenants.includes(tenantId)) return 'it is for other tenants';
  if (from !== null && Temporal.Instant.compare(now, from) < 0) return `it is given from ${from} on`;
  return until !== null && Temporal.Instant.compare(now, until) >= 0 ? `it was given until ${until}` : null;
};

/** The discount that a code gives from a month on. */
export const discountOfCode = (
  { code, rule, months }: DiscountCodeRow,
  { discount_id, number, first_period }: Pick<Discount, 'discount_id' | 'number' | 'first_period'>,
): Discount => ({
  discount_id,
  number,
  code,
  ...rule,
  first_period,
  last_period: months === null ? null : addMonths(first_period, months - 1),
});
