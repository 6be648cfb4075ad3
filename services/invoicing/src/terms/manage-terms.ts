import {
  type Actor,
  dayOf,
  invoicing,
  isRefusal,
  nameUuid,
  type Period,
  periodOf,
  type Refusal,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import { refuseMisspelt } from '../catalog/refuse-dimension.ts';
import { refuseUnknownKinds } from '../catalog/resolve-kinds.ts';
import type { CommandContext, Context, Tx } from '../context.ts';
import type { PriceOverride } from '../domain/rating/terms.ts';
import { discountRule } from '../domain/terms/discount-rule.ts';
import {
  endingDayTouches,
  endingTouches,
  faultOfEnding,
  faultOfEndingDay,
  isSamePrice,
  overlaps,
} from '../domain/terms/ending.ts';
import type { Db, Tables } from '../store/schema.ts';
import { tenantOfSubscription } from '../store/subscriptions/subscriptions.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { isKnownTenant } from '../store/tenants/known-tenants.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { endTerm, insertTerm, termsOf, termsRevision } from '../store/terms/tenant-terms.ts';
import type { Term, TermRow } from '../store/terms/term-tables.ts';
import { refuseTenant } from '../tenants/refuse-unknown-tenant.ts';
import { discountOfCode, takeCode } from './manage-discount-codes.ts';
import { missingPlan } from './missing-plan.ts';
import { publishTerms } from './publish-terms.ts';
import { refuseTermWithoutReason } from './refuse-without-reason.ts';

type View = RequestOutput<typeof invoicing.getTenantTerms>;
type CommonRefusal = Refusal<'not-found' | 'too-many-terms'>;

/** The discounts, own prices and minimum commitments of a tenant; a tenant sees its own. */
export async function getTenantTerms(
  { input, actor }: ReadRequest<typeof invoicing.getTenantTerms>,
  ctx: Context,
): Promise<View | Refusal<'not-found'>> {
  const scope = tenantScope(actor);
  const isOthers = scope !== null && scope !== input.tenant_id;
  if (isOthers || !(await isKnownTenant(ctx.db, input.tenant_id))) return refuseTenant(ctx.db, actor, input.tenant_id);
  return termsView(ctx.db, input.tenant_id);
}

type WithKind = { input: { kind?: string | undefined } };

/** Looks up the kind that the request names, if any, before the transaction. */
export const resolveTermKind = ({ input }: WithKind, ctx: Context) =>
  refuseUnknownKinds(ctx, input.kind === undefined ? [] : [input.kind]);

/** Grants a discount, by a code or with a rule of its own. */
export async function addDiscount(
  { input, actor, tx }: CommandRequest<typeof invoicing.addDiscount, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id: tenantId, code } = input;
  const now = ctx.clock.now();
  const known = await openTerms(tx, { tenantId, type: 'discount', actor });
  if (isRefusal(known)) return known;
  const { first_period = periodOf(now) } = input;
  const base = {
    discount_id: termIdOf(tenantId, known),
    number: known.length + 1,
    first_period,
    last_period: input.last_period ?? null,
  };
  const added = { by: actor.subject, reason: input.reason, now };
  if (code !== undefined) {
    const isAlone = [input.name, input.on, input.percent, input.amount_cents].every((field) => field === undefined);
    if (!isAlone) return refuse('invalid-term', 'A discount by `code` has the terms of the code: give no others.');
    const taken = await takeCode(tx, { code, tenantId, termId: base.discount_id, actor, now });
    if (isRefusal(taken)) return taken;
    const ofCode = discountOfCode(taken, base);
    const term = input.last_period === undefined ? ofCode : { ...ofCode, last_period: input.last_period };
    return addLoweringTerm(tx, { tenantId, known, of: { type: 'discount', term }, from: first_period, ...added });
  }
  const rule = discountRule(input);
  if ('fault' in rule) return refuse('invalid-term', rule.fault);
  const missing = await missingPlan(tx.sql, rule.plan_code);
  if (missing !== null) return missing;
  const term = { ...base, code: null, ...rule };
  return addLoweringTerm(tx, { tenantId, known, of: { type: 'discount', term }, from: first_period, ...added });
}

/** Gives a tenant, or one subscription, its own base price or unit price of a plan. */
export async function addPriceOverride(
  { input, actor, tx }: CommandRequest<typeof invoicing.addPriceOverride, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id: tenantId, subscription_id, from, until = null, reason, ...price } = input;
  const known = await openTerms(tx, { tenantId, type: 'price_override', actor });
  if (isRefusal(known)) return known;
  const invalid = faultOfPrice(input) ?? faultOfDays(from, until);
  if (invalid !== null) return refuse('invalid-term', invalid);
  const { kind, dimension, plan_code: planCode } = price;
  const misspelt = await refuseMisspelt(tx.sql, {
    what: 'price',
    of: kind === undefined ? [] : [{ kind, dimension }],
    planCode,
  });
  if (misspelt !== null) return misspelt;
  const missing = await missingPlan(tx.sql, planCode, input);
  if (missing !== null) return missing;
  if (subscription_id !== undefined && (await tenantOfSubscription(tx.sql, subscription_id)) !== tenantId)
    return refuse('not-found', `${tenantId} has no subscription ${subscription_id}.`);
  const override_id = termIdOf(tenantId, known);
  const term: PriceOverride = invoicing.priceOverride.parse({
    ...price,
    override_id,
    subscription_id: subscription_id ?? null,
    from,
    until,
  });
  const other = known.find(
    (row) => row.type === 'price_override' && isSamePrice(row.term, term) && overlaps(row.term, term),
  );
  if (other !== undefined) return overlapping('price override', other, 'the same price');
  const added = { by: actor.subject, reason, now: ctx.clock.now() };
  return addLoweringTerm(tx, {
    tenantId,
    known,
    of: { type: 'price_override', term },
    from: from.slice(0, 7),
    ...added,
  });
}

/** Agrees on a least amount for each month. */
export async function addCommitment(
  { input, actor, tx }: CommandRequest<typeof invoicing.addCommitment, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id: tenantId, amount_cents, from, until = null, reason } = input;
  const known = await openTerms(tx, { tenantId, type: 'commitment', actor });
  if (isRefusal(known)) return known;
  const invalid = faultOfDays(from, until);
  if (invalid !== null) return refuse('invalid-term', invalid);
  const term = { commitment_id: termIdOf(tenantId, known), amount_cents, from, until };
  const other = known.find((row) => row.type === 'commitment' && overlaps(row.term, term));
  if (other !== undefined) return overlapping('minimum commitment', other, 'some of these days');
  const added = { by: actor.subject, reason, now: ctx.clock.now() };
  return addTerm(tx, { tenantId, known, of: { type: 'commitment', term }, from: from.slice(0, 7), ...added });
}

/** Ends a term. An end only moves to an earlier one, and what has ended stays as it is. */
export async function endTenantTerm(
  { input, actor, tx }: CommandRequest<typeof invoicing.endTenantTerm, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id: tenantId, term_id: termId, reason } = input;
  const now = ctx.clock.now();
  await lockTenant(tx.sql, tenantId);
  const row = (await termsOf(tx.sql, tenantId)).find((each) => each.term_id === termId);
  if (row === undefined) return refuse('not-found', `${tenantId} has no term ${termId}.`);
  const ended = row.type === 'discount' ? endDiscount(row, input, now) : endByDay(row, input, now);
  if (isRefusal(ended)) return ended;
  await endTerm(tx.sql, { termId, term: ended.term, by: actor.subject, reason });
  await publishTerms(tx, { tenantId, from: ended.from, now, reason });
  return termsView(tx.sql, tenantId);
}

type End = { last_period?: string | undefined; until?: string | undefined };
type Ended = { term: Term['term']; from: Period } | Refusal<'invalid-term' | 'already-ended'>;

const endDiscount = ({ term }: TermRow & { type: 'discount' }, end: End, now: Temporal.Instant): Ended => {
  if (end.until !== undefined) return refuse('invalid-term', 'A discount holds for whole months: give `last_period`.');
  const { last_period: lastPeriod = periodOf(now) } = end;
  if (faultOfEnding(term, { lastPeriod, now }) !== null)
    return refuse('already-ended', `Discount ${term.discount_id} ends with ${term.last_period} already.`);
  return { term: { ...term, last_period: lastPeriod }, from: endingTouches(term, lastPeriod) };
};

const endByDay = (
  { term, term_id }: TermRow & { type: 'price_override' | 'commitment' },
  end: End,
  now: Temporal.Instant,
): Ended => {
  if (end.last_period !== undefined)
    return refuse('invalid-term', 'A price override or a minimum commitment ends on a day: give `until`.');
  const { until = dayOf(now) } = end;
  if (faultOfEndingDay(term, { until, now }) !== null)
    return refuse('already-ended', `Term ${term_id} ends on ${term.until} already.`);
  return { term: { ...term, until }, from: endingDayTouches(term, until) };
};

/** Locks a tenant and reads its terms; a refusal if it is unknown, or has as many of a type as there may be. */
export const openTerms = async (
  tx: Tx,
  { tenantId, type, actor }: { tenantId: string; type: Term['type']; actor: Actor },
): Promise<TermRow[] | CommonRefusal> => {
  await lockTenant(tx.sql, tenantId);
  if (!(await isKnownTenant(tx.sql, tenantId))) return refuseTenant(tx.sql, actor, tenantId);
  const known = await termsOf(tx.sql, tenantId);
  const count = known.filter((row) => row.type === type).length;
  return count < invoicing.termsAtMost
    ? known
    : refuse('too-many-terms', `${tenantId} has ${count} terms of this kind, ended ones included; more are not kept.`);
};

export const termIdOf = (tenantId: string, known: readonly TermRow[]): string =>
  nameUuid('tenant-term', tenantId, String(known.length + 1));

type Adding = {
  tenantId: string;
  known: readonly TermRow[];
  of: Term;
  from: Period;
  by: string;
  reason: string | undefined;
  now: Temporal.Instant;
};

const addTerm = async (tx: Tx, adding: Adding): Promise<View> => {
  await storeTerm(tx, adding);
  await publishTerms(tx, adding);
  return termsView(tx.sql, adding.tenantId);
};

/** Adds a term by which a month costs less, or may cost less. */
const addLoweringTerm = async (tx: Tx, adding: Adding): Promise<View | Refusal<'reason-missing'>> =>
  refuseTermWithoutReason(adding, adding.now) ?? addTerm(tx, adding);

export const storeTerm = async (tx: Tx, { tenantId, known, of, by, reason, now }: Adding): Promise<void> =>
  insertTerm(tx.sql, {
    ...of,
    termId: termIdOf(tenantId, known),
    tenantId,
    number: known.length + 1,
    at: now,
    by,
    reason: reason ?? null,
  });

const faultOfDays = (from: string, until: string | null): string | null =>
  until !== null && until <= from ? `\`until\` is ${until}: give a day after \`from\`, ${from}.` : null;

type Price = {
  kind?: string | undefined;
  dimension?: string | undefined;
  base_price_cents?: number | undefined;
  overage_price_cents?: string | undefined;
  overage_unit?: string | undefined;
};

const faultOfPrice = (price: Price): string | null => {
  const isBase = price.base_price_cents !== undefined;
  if (isBase === (price.overage_price_cents !== undefined))
    return 'Give either `base_price_cents`, or `overage_price_cents` with `kind`.';
  if (isBase && [price.kind, price.dimension, price.overage_unit].some((field) => field !== undefined))
    return '`kind`, `dimension` and `overage_unit` belong to `overage_price_cents`: a base price has none of them.';
  return !isBase && price.kind === undefined ? '`kind` is missing: a unit price is that of a billing kind.' : null;
};

const overlapping = (name: string, { term_id, term }: TermRow, what: string): Refusal<'term-overlaps'> =>
  refuse(
    'term-overlaps',
    `The ${name} ${term_id} is for ${what} at the same time${'from' in term ? `, from ${term.from}` : ''}. End it first, or give other days.`,
  );

const termsView = async (db: Db, tenantId: string): Promise<View> => {
  const rows = (await termsOf(db, tenantId)).toReversed();
  const { currency } = await findBillingProfile(db, tenantId);
  const historyOf = ({ created_at, created_by, reason, ended_by, end_reason }: TermRow) => ({
    created_at,
    created_by,
    reason,
    ended_by,
    end_reason,
  });
  return {
    tenant_id: tenantId,
    revision: await termsRevision(db, tenantId),
    currency,
    discounts: rows.flatMap((row) => (row.type === 'discount' ? [{ ...row.term, ...historyOf(row) }] : [])),
    price_overrides: rows.flatMap((row) => (row.type === 'price_override' ? [{ ...row.term, ...historyOf(row) }] : [])),
    commitments: rows.flatMap((row) => (row.type === 'commitment' ? [{ ...row.term, ...historyOf(row) }] : [])),
  };
};
