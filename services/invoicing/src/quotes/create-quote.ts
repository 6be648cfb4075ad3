import {
  type Actor,
  addMonths,
  contentHash,
  dayOf,
  type invoicing,
  isOperator,
  isRefusal,
  nameUuid,
  type Period,
  periodOf,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import { offeredAddons } from '../catalog/offered-addons.ts';
import { refuseDimension, refuseMisspelt } from '../catalog/refuse-dimension.ts';
import { refuseUnknownKinds } from '../catalog/resolve-kinds.ts';
import type { CommandContext, Context } from '../context.ts';
import { quoteInput, usageOfSpec } from '../domain/quotes/quote-input.ts';
import { passingItems } from '../domain/rating/passed-through.ts';
import { type RatingInput, rate } from '../domain/rating/rate.ts';
import { withPriceSources, withSharedPrices } from '../domain/rating/shared-prices.ts';
import type { AttachedAddon, ExchangeRate, FallbackPrice, ListPrice, PlanTerms } from '../domain/rating/terms.ts';
import { kindsByCost } from '../domain/rating/usage-detail.ts';
import { quotedTerms } from '../domain/terms/terms-of-month.ts';
import { pricedOf } from '../rating/priced-view.ts';
import { refuseTooLarge } from '../rating/refuse-too-large.ts';
import { findPlanVersion, type PlanVersionRow } from '../store/catalog/plans.ts';
import { fallbackPrices } from '../store/catalog/prices.ts';
import { exchangeRatesTo } from '../store/costs/exchange-rates.ts';
import { listPricesOf } from '../store/costs/list-prices.ts';
import { findQuote, insertQuote, type QuoteRow } from '../store/quotes/quotes.ts';
import type { Db, Tables } from '../store/schema.ts';
import { termsOf } from '../store/subscriptions/subscriptions.ts';
import { findBilling } from '../store/tenants/billing.ts';
import { refuseUnknownTenants } from '../tenants/refuse-unknown-tenant.ts';

type Input = RequestInput<typeof invoicing.createQuote>;
type View = RequestOutput<typeof invoicing.createQuote>;
type Usage = QuoteRow['usage'];

/** For how many days a quote holds at most that a tenant makes for itself. */
const mostDaysOfTenant = 30;

/** A quote's lines belong to no deployment yet; this id stands for the one to come. */
const futureDeployment = nameUuid('quoted-deployment');

/** Looks up the kinds of the expected usage before the transaction. */
export const resolveQuotedKinds = ({ input }: ReadRequest<typeof invoicing.createQuote>, ctx: Context) =>
  refuseUnknownKinds(
    ctx,
    input.usage.map(({ kind }) => kind),
  );

/** Prices a month on a plan and keeps the result, so that a subscription can refer to it. */
export async function createQuote(
  { input, actor, idempotencyKey, tx }: CommandRequest<typeof invoicing.createQuote, Tables>,
  ctx: CommandContext,
) {
  if (!isOperator(actor) && (input.plan_version !== undefined || isOfAnother(input, actor))) {
    return refuse('forbidden', 'Only an operator may quote for another tenant, or name a `plan_version`.');
  }
  // A quote holds its prices whatever is published since, so a tenant cannot keep those of a whole year for itself.
  if (!isOperator(actor) && input.valid_days > mostDaysOfTenant)
    return refuse('forbidden', `Only an operator may give more than ${mostDaysOfTenant} \`valid_days\`.`);
  const now = ctx.clock.now();
  const tenant = tenantScope(actor) ?? input.tenant_id ?? null;
  const period = input.period ?? addMonths(periodOf(now), 1);
  const unknown = isOperator(actor) && tenant !== null ? await refuseUnknownTenants(tx.sql, [tenant]) : null;
  if (unknown !== null) return unknown;
  const plan = await findPlanVersion(tx.sql, {
    planCode: input.plan_code,
    version: input.plan_version ?? null,
    offeredTo: tenantScope(actor),
  });
  if (plan === null) return refuse('plan-not-found', `Plan ${input.plan_code} is not on offer.`);
  const usage = [...input.usage, ...usageOfSpec(input.spec ?? {}, period)];
  for (const { kind, dimension } of usage) {
    const refused = refuseDimension(kind, dimension);
    if (refused !== null) return refused;
  }
  const misspelt = await refuseMisspelt(tx.sql, { what: 'usage', of: usage, planCode: plan.code });
  if (misspelt !== null) return misspelt;
  const given = await inputFor(tx.sql, { input, tenant, period, plan, usage });
  if (isRefusal(given)) return given;
  const output = await refuseTooLarge(() => rate(given));
  if (isRefusal(output)) return output;
  const key = idempotencyKey ?? `${now} ${Temporal.Now.instant()}`;
  const row: QuoteRow = {
    quote_id: nameUuid('quote', tenant ?? '', key, contentHash(given)),
    tenant_id: tenant,
    period,
    plan_code: plan.code,
    version: plan.version,
    usage,
    output,
    input_hash: output.input_hash,
    output_hash: output.output_hash,
    valid_until: Temporal.PlainDate.from(dayOf(now)).add({ days: input.valid_days }).toString(),
    created_at: now.toString(),
    created_by: actor.subject,
  };
  await insertQuote(tx.sql, { ...row, input: given });
  return viewOf(row, now);
}

export async function getQuote({ input, actor }: ReadRequest<typeof invoicing.getQuote>, ctx: Context) {
  const row = await findQuote(ctx.db, { quoteId: input.quote_id, tenantId: tenantScope(actor) });
  return row === null ? refuse('not-found', `There is no quote ${input.quote_id}.`) : viewOf(row, ctx.clock.now());
}

const isOfAnother = (input: Input, actor: Actor): boolean => (input.tenant_id ?? actor.tenant_id) !== actor.tenant_id;

/** The input of the rating function: the plan, the addons, the prices and the tax as they are now. */
const inputFor = async (
  db: Db,
  given: { input: Input; tenant: string | null; period: Period; plan: PlanVersionRow; usage: Usage },
): Promise<RatingInput | Refusal<'currency-mismatch' | 'addon-not-found'>> => {
  const { input, tenant, period, plan, usage } = given;
  const { currency } = plan;
  const { profile, terms: own } = await findBilling(db, tenant ?? '');
  if (tenant !== null && profile.currency !== currency) {
    return refuse(
      'currency-mismatch',
      `${tenant} is billed in ${profile.currency}, plan ${plan.code} is priced in ${currency}.`,
    );
  }
  const addons = await attachable(db, input, currency);
  if (isRefusal(addons)) return addons;
  const fallback = await fallbackPrices(db, { currency, before: `${addMonths(period, 1)}-01` });
  const terms = termsOf(plan);
  return quoteInput({
    period,
    deploymentId: futureDeployment,
    plan: terms,
    addons,
    usage,
    tax: profile.tax,
    fallbackPrices: fallback,
    isEstimate: passingItems(terms).length > 0,
    costs: await costsOf(db, { plan: terms, fallback, usage, period, currency }),
    own: quotedTerms(period, own),
  });
};

/** The list prices and the newest exchange rates, for a kind whose price rests on them; null if none does. */
const costsOf = async (
  db: Db,
  given: { plan: PlanTerms; fallback: FallbackPrice[]; usage: Usage; period: Period; currency: string },
): Promise<{ list_prices: ListPrice[]; rates: ExchangeRate[] } | null> => {
  const { plan, fallback, usage, period, currency } = given;
  const byCost = [...plan.items, ...fallback].flatMap((price) => kindsByCost(price, { is_estimate: true }));
  const kinds = [...new Set(usage.map(({ kind }) => kind))].filter((kind) => byCost.includes(kind));
  if (kinds.length === 0) return null;
  const known = (await listPricesOf(db, withPriceSources(kinds))).filter(
    ({ valid_from }) => valid_from < `${addMonths(period, 1)}-01`,
  );
  const list_prices = withSharedPrices(known, usage);
  return { list_prices, rates: await exchangeRatesTo(db, { to: currency, period, orEarlier: true }) };
};

/** The addons as they would be attached today. */
const attachable = async (
  db: Db,
  { addons }: Input,
  currency: string,
): Promise<AttachedAddon[] | Refusal<'currency-mismatch' | 'addon-not-found'>> => {
  const codes = addons.map(({ addon_code }) => addon_code);
  const offered = await offeredAddons(db, codes, currency);
  if (isRefusal(offered)) return offered;
  return offered.map(({ code, kind, qty, price_cents }, index) => ({
    addon_id: nameUuid('quoted-addon', String(index + 1)),
    code,
    kind,
    qty,
    price_cents,
    quantity: addons[index]?.quantity ?? 1,
    starts_at: '2000-01-01T00:00:00Z',
    ends_at: null,
  }));
};

const viewOf = (row: QuoteRow, now: Temporal.Instant): View => ({
  ...pricedOf(row.output),
  quote_id: row.quote_id,
  tenant_id: row.tenant_id,
  period: row.period,
  plan_code: row.plan_code,
  plan_version: row.version,
  usage: row.usage,
  valid_until: row.valid_until,
  is_valid: dayOf(now) <= row.valid_until,
  created_at: row.created_at,
});
